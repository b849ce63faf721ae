"""What a request says of the span it is asked in (W3C Trace Context)."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from hubbub_client.wire.requests import Request

R = TypeVar("R", bound=Request)

Traceparent = Callable[[], str | None]
"""The traceparent of the span that is current now, if there is one."""


def no_span() -> None:
    """Nothing is traced."""


def in_span(request: R, traceparent: str | None) -> R:
    """The request, as one of that span."""
    return request if traceparent is None else msgspec.structs.replace(request, traceparent=traceparent)
