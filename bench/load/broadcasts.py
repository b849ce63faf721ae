"""What bench/fanout is compared with in Python: a bare protocol on uvloop, and `broadcast` of the `websockets` library.

    python -m load.broadcasts uvloop|websockets CONNECTIONS

speaks as floor.c does: it prints its port, takes so many connections, prints "ready", and sends what each line holds.
"""

import asyncio
import resource
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import cast

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

Send = Callable[[bytes], None]


class Peer(asyncio.Protocol):
    """A connection that is written to."""

    __slots__ = ("_peers", "transport")

    def __init__(self, peers: "list[Peer]") -> None:
        self._peers = peers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        self.transport = cast("asyncio.WriteTransport", transport)
        self._peers.append(self)


async def on_uvloop(connections: int) -> Send:
    """The same bytes to each transport, as they are."""
    peers: list[Peer] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(peers), "127.0.0.1", 0, backlog=4096)
    say(server.sockets[0].getsockname()[1])
    await until(lambda: len(peers) == connections)

    def send(frames: bytes) -> None:
        for peer in peers:
            peer.transport.write(frames)

    return send


async def on_websockets(connections: int) -> Send:
    """Each message of the bytes by a call of `broadcast`, as its documentation has it."""
    peers: list[ServerConnection] = []

    async def talk(connection: ServerConnection) -> None:
        peers.append(connection)
        await connection.wait_closed()

    server = await serve(talk, "127.0.0.1", 0, backlog=4096, compression=None, ping_interval=None)
    say(next(iter(server.sockets)).getsockname()[1])
    await until(lambda: len(peers) == connections)

    def send(frames: bytes) -> None:
        for payload in payloads(frames):
            broadcast(peers, payload, text=True)

    return send


def payloads(frames: bytes) -> Iterator[bytes]:
    """Of frames of 126 to 65,535 bytes (RFC 6455 §5.2)."""
    while frames:
        end = 4 + int.from_bytes(frames[2:4], "big")
        yield frames[4:end]
        frames = frames[end:]


def say(word: object) -> None:
    """A line for who started the program."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for those who connect."""
    while not reached():  # noqa: ASYNC110 - an event would be in the way of what is measured
        await asyncio.sleep(0.05)


async def obey(send: Send) -> None:
    """A line, the bytes it holds to everybody, "done"; until there are no more."""
    lines = asyncio.StreamReader(limit=2**22)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    say("ready")
    while line := await lines.readline():
        send(bytes.fromhex(line.decode()))
        say("done")


async def main(name: str, connections: int) -> None:
    """One of BROADCASTS."""
    await obey(await BROADCASTS[name](connections))


BROADCASTS: dict[str, Callable[[int], Awaitable[Send]]] = {"uvloop": on_uvloop, "websockets": on_websockets}

if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
