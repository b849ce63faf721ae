"""Framed TCP (protocol.md §1): every envelope is one data frame; close codes come in `bye`."""

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from urllib.parse import urlsplit

from hubbub_client.closing import ABNORMAL
from hubbub_client.transport.contract import CLOSE_S, ENVELOPE_MAX, Closed, Transport, dial_error
from hubbub_client.transport.data_frame import BadFrame, DataFrameReader, Frame, data_frame
from hubbub_client.wire.codec import BadEnvelope, Codec
from hubbub_client.wire.json_codec import JsonCodec
from hubbub_client.wire.pushes import Bye
from hubbub_client.wire.replies import Error

CHUNK = 64 << 10
"""Bytes read at a time; while nobody asks for more, TCP slows the server down, which knows what to do (§3.5)."""

PROTOCOL_ERROR = 4502


class FramedTcpTransport:
    """Envelopes as data frames on a stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, codec: Codec) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = codec
        self._frames = DataFrameReader(ENVELOPE_MAX)
        self._arrived: deque[Frame] = deque()

    async def send(self, envelope: bytes) -> None:
        if self._writer.is_closing():
            raise Closed(ABNORMAL)
        try:
            self._writer.write(data_frame(Frame(self._codec.number, envelope)))
            await self._writer.drain()
        except OSError as error:
            raise Closed(ABNORMAL, str(error)) from error

    async def receive(self) -> bytes:
        while True:
            frame = await self._next()
            if frame.codec == self._codec.number:
                return frame.data
            _check_early(frame)

    async def _next(self) -> Frame:
        while not self._arrived:
            try:
                chunk = await self._reader.read(CHUNK)
                self._arrived.extend(self._frames.feed(chunk))
            except BadFrame as error:
                raise Closed(PROTOCOL_ERROR, str(error)) from error
            except OSError as error:
                raise Closed(ABNORMAL, str(error)) from error
            if not chunk:
                raise Closed(ABNORMAL)
        return self._arrived.popleft()

    async def close(self, code: int) -> None:  # noqa: ARG002 (framed TCP has no close frame)
        self._writer.close()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), CLOSE_S)


def _check_early(frame: Frame) -> None:
    """What a server says before it knows the codec is JSON: it turns this client away, and says why.

    Raises Closed, unless a `bye` with the code is still to come.
    """
    try:
        word = JsonCodec().decode(frame.data).word
    except BadEnvelope as error:
        raise Closed(PROTOCOL_ERROR, str(error)) from error
    if isinstance(word, Bye):
        raise Closed(word.code, word.reason)
    if not isinstance(word, Error):
        raise Closed(PROTOCOL_ERROR, f"codec {frame.codec}")


async def dial_framed_tcp(url: str, codec: Codec, tls: ssl.SSLContext | None = None) -> Transport:
    """Open framed TCP to `url` (tcp:// or tls://). Raises DialError."""
    parts = urlsplit(url)
    secure = (tls or ssl.create_default_context()) if parts.scheme == "tls" else None
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=secure, limit=CHUNK)
    except OSError as error:
        raise dial_error(error) from error
    return FramedTcpTransport(reader, writer, codec)
