"""What a database that is away, locked, full or broken raises, and how a caller is told."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hubbub.model.errors import ErrorCode, Refused

OUTAGES = (DBAPIError, PoolTimeoutError, OSError, TimeoutError)

P = ParamSpec("P")
T = TypeVar("T")


def unavailable_when_down(
    query: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same query, raising Refused(unavailable) where the database cannot answer."""

    @functools.wraps(query)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await query(*args, **kwargs)
        except OUTAGES as error:
            raise Refused(ErrorCode.UNAVAILABLE) from error

    return guarded
