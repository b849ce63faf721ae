"""A small client of framed TCP that hides nothing (docs/protocol.md §1), and no reading unless asked.

The framing is written down here a second time, so that the server's own is held to it.
"""

import asyncio
import contextlib
import ssl
import struct
from typing import Self

from hubbub_conformance.raw_websocket import CHUNK, Ended, open_socket

MAGIC = 0x48554231
HEADER = struct.Struct(">IHI")
PROTOCOL = 1


def data_frame(codec: int, payload: bytes) -> bytes:
    """An envelope in a frame."""
    return HEADER.pack(MAGIC, codec << 8 | PROTOCOL, len(payload)) + payload


class RawTcp:
    """`silent` keeps back what a client would answer by itself: pongs. `codec` is the number in its frames, `heard` that
    in the server's last one, which is JSON's until the server knows the client's.
    """

    def __init__(self, codec: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.codec = codec
        self.heard = codec
        self.silent = False
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(
        cls,
        address: str,
        codec: int,
        *,
        receive_buffer: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Self:
        """Open `host:port`; `receive_buffer` (bytes) makes the kernel take little."""
        host, _, port = address.rpartition(":")
        sock = await open_socket(host, int(port), receive_buffer)
        limit = receive_buffer or CHUNK
        reader, writer = await asyncio.open_connection(
            sock=sock, limit=limit, ssl=tls, server_hostname=host if tls is not None else None
        )
        return cls(codec, reader, writer)

    async def send_payload(self, payload: bytes) -> None:
        """An encoded envelope."""
        await self.send_bytes(data_frame(self.codec, payload))

    async def send_bytes(self, data: bytes) -> None:
        """Bytes as they are, which need not be frames."""
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def receive_payload(self) -> bytes:
        """The next envelope, still encoded; Ended at the socket's end, which has no code of its own."""
        try:
            magic, version, length = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            payload = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Ended(1006, "the socket ended") from None
        if (magic, version & 0xFF) != (MAGIC, PROTOCOL):
            message = f"no frame of ours: {magic:08x} {version:04x}"
            raise AssertionError(message)
        self.heard = version >> 8
        return payload

    async def close(self, _code: int = 1000) -> None:
        """Say nothing more; the server then closes."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        else:
            self._writer.close()

    async def abandon(self) -> None:
        """Drop the socket without a word."""
        self._writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
