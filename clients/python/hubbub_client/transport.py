"""How envelopes travel (protocol.md §1). WebSocket now; framed TCP or Protobuf fit the same two Protocols."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from hubbub_client.addresses import is_this_machine
from hubbub_client.closing import ABNORMAL
from hubbub_client.wire.json_codec import Codec

ENVELOPE_MAX = 1 << 20
"""Server envelopes are at most 1 MiB (protocol.md §1); a bigger one closes with 1009."""

RECEIVE_AHEAD = 16
"""Envelopes read ahead of the application's loop; then TCP slows the server down, which knows what to do (§3.5)."""

CLOSE_S = 1.0
"""Seconds given to the closing handshake."""


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

    Implementations: WebSocketTransport; suite: tests/test_transport.py.
    """

    async def send(self, envelope: bytes) -> None:
        """Hand one envelope over; waits while the peer does not read. Raises Closed."""

    async def receive(self) -> bytes:
        """The next envelope. Raises Closed."""

    async def close(self, code: int) -> None:
        """End the connection; never raises."""


Dialer = Callable[[], Awaitable[Transport]]
"""Opens a connection. Raises DialError."""


class WebSocketTransport:
    """Envelopes as WebSocket messages, text or binary as the codec says."""

    def __init__(self, socket: ClientConnection, codec: Codec) -> None:
        self._socket = socket
        self._text = codec.text

    async def send(self, envelope: bytes) -> None:
        try:
            await self._socket.send(envelope, text=self._text)
        except ConnectionClosed as end:
            raise _closed(end) from end

    async def receive(self) -> bytes:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as end:
            raise _closed(end) from end

    async def close(self, code: int) -> None:
        await self._socket.close(code)


def _closed(end: ConnectionClosed) -> Closed:
    """The peer's close code; else the one this side's library found reason for (a violation); else 1006."""
    frame = end.rcvd or end.sent
    return Closed(ABNORMAL) if frame is None else Closed(frame.code, frame.reason)


async def dial_websocket(url: str, codec: Codec) -> Transport:
    """Open a WebSocket to `url` (ws:// or wss://). Raises DialError."""
    try:
        socket = await connect(
            url,
            subprotocols=[Subprotocol(codec.subprotocol)],
            compression=None,
            ping_interval=None,  # heartbeat.py watches, with envelopes every transport can carry
            close_timeout=CLOSE_S,
            proxy=None if is_this_machine(url) else True,
            max_size=ENVELOPE_MAX,
            max_queue=RECEIVE_AHEAD,
        )
    except (OSError, InvalidHandshake, InvalidURI) as error:  # TimeoutError is an OSError
        raise DialError(_why(error)) from error
    return WebSocketTransport(socket, codec)


def _why(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return str(error) or type(error).__name__
