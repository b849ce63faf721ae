"""An address that leads to a server, and tomorrow to another one: what a virtual IP or a pooler is to a database."""

import asyncio
from contextlib import suppress

from hubbub.operate.cluster.ports import LOOPBACK, free_port
from hubbub.runtime.spawn import together

CHUNK = 65_536


class Forwarder:
    """Passes everything on to `there`, both ways."""

    def __init__(self, port: int, host: str = LOOPBACK) -> None:
        self.host = host
        self.port = free_port()
        self.there = (host, port)
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)

    def lead_to(self, port: int) -> None:
        """To another server from now on; every line to the old one is cut."""
        self.there = (self.host, port)
        self._cut()

    def _cut(self) -> None:
        for line in list(self._lines):
            line.transport.abort()

    async def close(self) -> None:
        """Cut every line and listen no more."""
        if self._server is not None:
            self._server.close()
        self._cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there = await asyncio.open_connection(*self.there)
        except OSError:
            return writer.close()
        self._lines |= {writer, there}
        try:
            with suppress(OSError):
                await together(self.ask(reader, there, writer), pump(there_reader, writer))
        finally:
            for line in (writer, there):
                self._lines.discard(line)
                line.close()
        return None

    async def ask(
        self, reader: asyncio.StreamReader, there: asyncio.StreamWriter, _back: asyncio.StreamWriter
    ) -> None:
        """What the client says, passed on until it ends. `_back` is the way to the client."""
        await pump(reader, there)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on until the end."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
