"""A TCP proxy before a database that cuts the line at a COMMIT, before or after the database has heard of it."""

import asyncio
import re
from typing import Literal

from hubbub.operate.cluster.service import free_port

CHUNK = 65_536
COMMIT = re.compile(rb"COMMIT(?!TED)")


class CuttingProxy:
    """Passes everything on. `next_commit`: None passes it, "heard" cuts after passing it on, "lost" instead of it."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self.next_commit: Literal["heard", "lost"] | None = None
        self.cuts = 0
        self._database = port
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Cut every line and listen no more."""
        assert self._server is not None
        self._server.close()
        for line in list(self._lines):
            line.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._database)
        self._lines |= {writer, there_writer}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ask(reader, there_writer, writer))
                tasks.create_task(self._answer(there_reader, writer))
        except* (ConnectionError, OSError):
            pass
        finally:
            for line in (writer, there_writer):
                self._lines.discard(line)
                line.close()

    async def _ask(
        self, reader: asyncio.StreamReader, there: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(CHUNK):
            if self.next_commit is not None and COMMIT.search(data):
                heard, self.next_commit = self.next_commit == "heard", None
                self.cuts += 1
                back.transport.abort()
                if heard:
                    there.write(data)
                    await there.drain()
                return there.close()
            there.write(data)
            await there.drain()
        return there.close()

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await there.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.close()
