"""How the caller of a whole query is told that the database is away, locked, full or broken."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from hubbub.model.errors import ErrorCode, Refused
from hubbub.persist.failures import OUTAGES

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
