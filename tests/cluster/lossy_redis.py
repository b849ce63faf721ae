"""A way to Redis on which published messages get lost: every so many are sent to a channel nobody hears.

Replies stay in their order, so that neither Redis nor its client notices.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from random import Random

NOWHERE = b"~"
PUBLISHES = (b"PUBLISH", b"SPUBLISH")


class LossyRedis:
    """Listens on `port`; `lost` of `published` messages never arrived."""

    def __init__(self, upstream: int, share: float, random: Random) -> None:
        self._upstream = upstream
        self._share = share
        self._random = random
        self._server: asyncio.Server | None = None
        self.port = 0
        self.published = 0
        self.lost = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
            back = asyncio.create_task(_copy(up_reader, writer))
            try:
                await self._forward(reader, up_writer)
            finally:
                back.cancel()
                up_writer.close()
        writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Commands one by one: arrays of bulk strings (RESP)."""
        with suppress(OSError, EOFError):
            while line := await reader.readline():
                parts = [await _bulk(reader) for _ in range(int(line[1:]))]
                if parts[0].upper() in PUBLISHES:
                    self._lose_some(parts)
                writer.write(line + b"".join(_encoded(parts)))
                await writer.drain()

    def _lose_some(self, parts: list[bytes]) -> None:
        self.published += 1
        if self._random.random() < self._share:
            self.lost += 1
            parts[1] = NOWHERE


async def _bulk(reader: asyncio.StreamReader) -> bytes:
    length = int((await reader.readline())[1:])
    return (await reader.readexactly(length + 2))[:-2]


def _encoded(parts: list[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield b"$%d\r\n%s\r\n" % (len(part), part)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
