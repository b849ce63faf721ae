"""A small WebSocket client that hides nothing: every frame, the server's close code, and no reading unless asked.

Frames are those of the `websockets` library (its sans-IO protocol), so the server is held to a second implementation.
"""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Self, cast
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

CHUNK = 65_536
BINARY_FRAMES = "hubbub.v1.protobuf"


class HandshakeRejected(Exception):
    """The server answered the upgrade with another status than 101."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


class Ended(Exception):
    """The conversation is over: the server's close code (1006 without one) and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class RawWebSocket:
    """`silent` keeps back what the protocol would answer by itself: pongs and the echo of a close."""

    def __init__(
        self, protocol: ClientProtocol, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.protocol = protocol
        self.silent = False
        self._reader = reader
        self._writer = writer
        self._events: deque[Frame | Response] = deque()

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        headers: Mapping[str, str] | None = None,
        receive_buffer: int | None = None,
    ) -> Self:
        """Open; `receive_buffer` (bytes) makes the kernel take little. Raises HandshakeRejected."""
        protocol = ClientProtocol(
            parse_uri(url),
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol(each) for each in subprotocols] or None,
            max_size=None,
        )
        reader, writer = await _streams(url, receive_buffer)
        opened = cls(protocol, reader, writer)
        request = protocol.connect()
        for name, value in (headers or {}).items():
            request.headers[name] = value
        protocol.send_request(request)
        await opened._flush()
        await opened._shake_hands()
        return opened

    @property
    def subprotocol(self) -> str | None:
        """The one the server chose."""
        return self.protocol.subprotocol

    async def _shake_hands(self) -> None:
        response = await self._next()
        if not isinstance(response, Response) or self.protocol.handshake_exc is not None:
            await self.abandon()
            answer = cast("Response", response)
            raise HandshakeRejected(answer.status_code, (answer.body or b"").decode())

    async def _flush(self) -> None:
        self._writer.write(b"".join(self.protocol.data_to_send()))
        await self._writer.drain()

    # ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, message: str | bytes, *, fin: bool = True) -> None:
        """A text frame, or a binary one; `fin=False`: more of it follows."""
        if isinstance(message, str):
            self.protocol.send_text(message.encode("utf-8", "surrogatepass"), fin=fin)
        else:
            self.protocol.send_binary(message, fin=fin)
        await self._flush()

    async def send_payload(self, payload: bytes) -> None:
        """An encoded envelope, in a frame of the sub-protocol's kind."""
        if self.subprotocol == BINARY_FRAMES:
            await self.send(payload)
        else:
            await self.send_text_bytes(payload)

    async def send_text_bytes(self, message: bytes) -> None:
        """A text frame with any bytes in it, UTF-8 or not."""
        self.protocol.send_text(message)
        await self._flush()

    async def continue_with(self, message: bytes, *, fin: bool) -> None:
        """A continuation frame."""
        self.protocol.send_continuation(message, fin=fin)
        await self._flush()

    async def ping(self, payload: bytes = b"") -> None:
        """A ping frame."""
        self.protocol.send_ping(payload)
        await self._flush()

    async def close(self, code: int = 1000) -> None:
        """Start the closing handshake."""
        self.protocol.send_close(code)
        await self._flush()

    async def send_bytes(self, data: bytes) -> None:
        """Bytes as they are, which need not be frames."""
        self._writer.write(data)
        await self._writer.drain()

    # ── receiving ───────────────────────────────────────────────────────────────────────────────────────────────

    async def receive(self) -> Frame:
        """The next frame, control frames included; Ended after the server's close frame or the socket's end."""
        frame = cast("Frame", await self._next())
        if frame.opcode is Opcode.CLOSE:
            received = self.protocol.close_rcvd
            raise Ended(received.code if received else 1005, received.reason if received else "")
        return frame

    async def receive_payload(self) -> bytes:
        """The next envelope, still encoded; control frames before it are passed over."""
        kind = Opcode.BINARY if self.subprotocol == BINARY_FRAMES else Opcode.TEXT
        while True:
            frame = await self.receive()
            if frame.opcode is kind:
                return bytes(frame.data)
            if frame.opcode in {Opcode.TEXT, Opcode.BINARY}:
                message = f"a {frame.opcode.name} frame on {self.subprotocol or 'JSON'}"
                raise AssertionError(message)

    async def _next(self) -> Frame | Response:
        while not self._events:
            data = await self._read()
            if data:
                self.protocol.receive_data(data)
            else:
                self.protocol.receive_eof()
            self._events.extend(cast("list[Frame | Response]", self.protocol.events_received()))
            answers = [each for each in self.protocol.data_to_send() if each]
            if answers and not self.silent and data:
                self._writer.write(b"".join(answers))
            if not data and not self._events:
                raise Ended(1006, "the socket ended without a close frame")
        return self._events.popleft()

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(CHUNK)
        except ConnectionError:
            return b""

    async def abandon(self) -> None:
        """Drop the socket without a word."""
        self._writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


async def _streams(url: str, receive_buffer: int | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    sock = await open_socket(parts.hostname or "", parts.port or 80, receive_buffer)
    return await asyncio.open_connection(sock=sock, limit=receive_buffer or CHUNK)


async def open_socket(host: str, port: int, receive_buffer: int | None) -> socket.socket:
    """A connected socket; `receive_buffer` (bytes) makes its kernel take little."""
    sock = socket.socket()
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (host, port))
    return sock
