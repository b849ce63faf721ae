"""A TCP proxy before a database that cuts the line at a COMMIT, before or after the database has heard of it."""

import asyncio
import re
from typing import Literal

from hubbub.operate.cluster.forwarder import CHUNK, Forwarder

COMMIT = re.compile(rb"COMMIT(?!TED)")


class CuttingProxy(Forwarder):
    """Passes everything on. `next_commit`: None passes it, "heard" cuts after passing it on, "lost" instead of it."""

    next_commit: Literal["heard", "lost"] | None = None
    cuts = 0

    async def ask(
        self, reader: asyncio.StreamReader, there: asyncio.StreamWriter, _back: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(CHUNK):
            if self.next_commit is not None and COMMIT.search(data):
                heard, self.next_commit = self.next_commit == "heard", None
                self.cuts += 1
                _back.transport.abort()
                if heard:
                    there.write(data)
                    await there.drain()
                return
            there.write(data)
            await there.drain()
