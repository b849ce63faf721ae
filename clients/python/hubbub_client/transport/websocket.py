"""WebSocket (RFC 6455, protocol.md §1): one message is one envelope."""

import ssl

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from hubbub_client.addresses import is_this_machine
from hubbub_client.closing import ABNORMAL
from hubbub_client.transport.contract import CLOSE_S, ENVELOPE_MAX, Closed, Transport, dial_error
from hubbub_client.wire.codec import Codec

RECEIVE_AHEAD = 16
"""Envelopes read ahead of the application's loop; then TCP slows the server down, which knows what to do (§3.5)."""


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


async def dial_websocket(url: str, codec: Codec, tls: ssl.SSLContext | None = None) -> Transport:
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
            ssl=tls if url.startswith("wss") else None,
        )
    except (OSError, InvalidHandshake, InvalidURI) as error:  # TimeoutError is an OSError
        raise dial_error(error) from error
    return WebSocketTransport(socket, codec)
