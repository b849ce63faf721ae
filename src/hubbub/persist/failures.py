"""What a failing database means to the one who asked: `unavailable`, and nothing was changed."""

import functools
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hubbub.model.errors import ErrorCode, Refused

P = ParamSpec("P")
T = TypeVar("T")
OUTAGES = (DBAPIError, PoolTimeoutError, OSError, TimeoutError)


@contextmanager
def reading() -> Iterator[None]:
    """Turn a failed query into Refused(unavailable)."""
    try:
        yield
    except OUTAGES as error:
        raise Refused(ErrorCode.UNAVAILABLE, "The database does not answer; retry later.") from error


def unavailable_when_down(
    query: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same for a whole function."""

    @functools.wraps(query)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        with reading():
            return await query(*args, **kwargs)

    return guarded


def blames_one_row(error: Exception) -> bool:
    """Whether the error is about what was written, not about the database: halving the batch finds the culprit."""
    if isinstance(error, DBAPIError):
        return isinstance(error, IntegrityError | DataError)
    return isinstance(error, StatementError | ValueError | TypeError | OverflowError)


def said(error: BaseException) -> str:
    """The database's own words, without the statement and its parameters (they hold messages)."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (
        f"{type(cause).__name__}: {cause}" if not isinstance(cause, SQLAlchemyError) else type(cause).__name__
    )
