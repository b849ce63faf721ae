"""The answer to a request: what was expected, or an error that says what is known."""

import asyncio
from typing import TypeVar

from hubbub_client.errors import HubbubError, NoAnswer, RequestRefused, Stopped, Undecided
from hubbub_client.wire.replies import Error, Reply
from hubbub_client.wire.requests import Request, Send, Write

R = TypeVar("R", bound=Reply)

ANSWER_S = 30.0
"""Seconds a request waits for its reply, reconnections included. Messages wait as long as the client runs."""


async def answered(request: Request, answer: asyncio.Future[Reply], expected: type[R]) -> R:
    """The reply, once it is there. Raises RequestRefused; Undecided, NoAnswer and Stopped when there is none."""
    try:
        reply = await asyncio.wait_for(answer, None if isinstance(request, Send) else ANSWER_S)
    except TimeoutError:
        raise _gave_up(request, f"no answer within {ANSWER_S:.0f} s") from None
    except Stopped as end:
        if isinstance(request, Write) and not isinstance(request, Send):
            raise _gave_up(request, end.reason) from None
        raise
    if isinstance(reply, Error):
        raise RequestRefused(reply.code, reply.message, reply.retry_after_ms)
    if not isinstance(reply, expected):
        raise _gave_up(request, f"answered with {type(reply).__name__}")
    return reply


def _gave_up(request: Request, why: str) -> HubbubError:
    return (
        Undecided(request.msg_id, why)
        if isinstance(request, Write)
        else NoAnswer(f"{type(request).__name__}: {why}")
    )
