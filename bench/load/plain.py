"""The reference of bench/idle: a server on the same event loop whose connections do nothing at all.

Run as a program it prints its port and keeps what connects.
"""

import asyncio
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from load.server import resident_bytes


class Nothing(asyncio.Protocol):
    """A connection."""

    __slots__ = ("transport",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        self.transport = transport


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Nothing, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


class Plain:
    """The running program."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._pid = process.pid
        self.port = int(process.stdout.readline())

    def rss(self) -> int:
        """Bytes."""
        return resident_bytes(self._pid)


@contextmanager
def plain() -> Iterator[Plain]:
    """The program, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "load.plain"], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    try:
        yield Plain(process)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_serve())
