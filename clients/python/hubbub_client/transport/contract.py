"""What a transport is, and how it ends (protocol.md §1, §4)."""

from collections.abc import Awaitable, Callable
from typing import Protocol

ENVELOPE_MAX = 1 << 20
"""Server envelopes are at most 1 MiB (protocol.md §1); a bigger one ends the connection."""

CLOSE_S = 1.0
"""Seconds given to a connection to end in good order."""


class Closed(Exception):
    """The connection ended; `code` is the close code, 1006 when there was none."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class DialError(Exception):
    """No connection came about; the text says why."""


class Transport(Protocol):
    """One open connection that carries whole envelopes, in order.

    Implementations: WebSocketTransport, FramedTcpTransport; suite: tests/test_transport.py.
    """

    async def send(self, envelope: bytes) -> None:
        """Hand one envelope over; waits while the peer does not read. Raises Closed."""

    async def receive(self) -> bytes:
        """The next envelope. Raises Closed."""

    async def close(self, code: int) -> None:
        """End the connection; never raises."""


Dialer = Callable[[], Awaitable[Transport]]
"""Opens a connection. Raises DialError."""


def dial_error(error: Exception) -> DialError:
    """Why no connection came about, in a person's words."""
    if isinstance(error, ConnectionRefusedError):
        return DialError("nothing listens there")
    return DialError(str(error) or type(error).__name__)
