"""References on the same event loop: connections that do nothing, that answer with fixed bytes, that relay.

Run as a program it prints its port and keeps what connects.
"""

import asyncio
import resource
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, cast

import uvloop

from hubbub.codec.websocket_frames import text_frame
from hubbub.codec.websocket_handshake import accept_response
from load.server import cpu_seconds, resident_bytes


class Nothing(asyncio.Protocol):
    """A connection."""

    __slots__ = ("transport",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        self.transport = transport


class Greeting(asyncio.Protocol):
    """A connection that answers an upgrade, then `hello`, and looks at neither."""

    __slots__ = ("_answers", "transport")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        self.transport = transport
        self._answers = ANSWERS

    def data_received(self, _data: bytes) -> None:
        """The next answer, whatever was asked."""
        if self._answers:
            answer, *self._answers = self._answers
            self.transport.write(answer)  # type: ignore[attr-defined]


class Relay(asyncio.Protocol):
    """Lines: `j` and rooms to join; `m`, a room and what its listeners get, as a frame. Nothing else is looked at."""

    listeners: ClassVar[defaultdict[bytes, list[asyncio.WriteTransport]]] = defaultdict(list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        self.transport = cast("asyncio.WriteTransport", transport)
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Whole lines."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            word, rest = line.split(b" ", 1)
            if word == b"j":
                for room in rest.split(b" "):
                    self.listeners[room].append(self.transport)
            else:
                self._relay(*rest.split(b" ", 1))

    def _relay(self, room: bytes, payload: bytes) -> None:
        frame = text_frame(payload)
        for transport in self.listeners[room]:
            transport.write(frame)


class Echo(asyncio.Protocol):
    """Answers each frame as long as a ping's with the same few bytes; a bound on what any server does for a request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        self.transport = cast("asyncio.WriteTransport", transport)
        self._rest = 0

    def data_received(self, data: bytes) -> None:
        """So many whole frames."""
        frames, self._rest = divmod(self._rest + len(data), PING_BYTES)
        if frames:
            self.transport.write(PONG * frames)


PING = b'{"type":"ping","id":1}'
PING_BYTES = len(PING) + 6  # masked, a client's frame of so little begins with six bytes (RFC 6455 §5.2)
PONG = text_frame(b'{"type":"pong","id":1}')
ANSWERS = [
    accept_response("AAAAAAAAAAAAAAAAAAAAAA==", "hubbub.v1.json"),
    text_frame(b'{"type":"welcome","chats":[]%400b}' % b""),
]
KINDS: dict[str, type[asyncio.Protocol]] = {
    "nothing": Nothing,
    "greeting": Greeting,
    "relay": Relay,
    "echo": Echo,
}


async def _serve(kind: str) -> None:
    server = await asyncio.get_running_loop().create_server(KINDS[kind], "127.0.0.1", 0, backlog=4096)
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

    def cpu(self) -> float:
        """Seconds."""
        return cpu_seconds(self._pid)

    def quiet(self) -> None:
        """It does nothing that it was not asked for."""


@contextmanager
def plain(kind: str) -> Iterator[Plain]:
    """The program, in a process of its own; `kind` is one of KINDS."""
    process = subprocess.Popen(
        [sys.executable, "-m", "load.plain", kind],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    try:
        yield Plain(process)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_serve(sys.argv[1]))
