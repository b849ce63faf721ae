"""Real sockets that take little at a time, on either event loop: what passes the transport by keeps its place among what does not."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.accept.node import Node

from hubbub.accept.tcp import TcpConnection
from hubbub.model.errors import CloseCode
from hubbub.push.mailbox import NOWHERE, write_all
from hubbub.testing.transport import ManualTransport

LITTLE = 4_096  # bytes of a socket's buffers; the kernel makes some more of them
PATIENCE = 30.0
LOOPS = pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
NewLoop = Callable[[], asyncio.AbstractEventLoop]
Play = Callable[["Pair"], Awaitable[None]]


class Pair:
    """A connection of a node, and the socket of its peer, which reads when told to."""

    def __init__(self, node: Node, connection: TcpConnection, peer: socket.socket) -> None:
        self.node = node
        self.connection = connection
        self.peer = peer
        self.said = bytearray()
        self.heard = bytearray()

    @property
    def idle(self) -> bool:
        """Whether a delivery goes to the socket at once."""
        return self.connection.out is None and not self.connection.pressed

    def next_bytes(self, count: int) -> bytes:
        """Such as tell where they belong."""
        at = len(self.said)
        made = bytes((at + each) * 131 % 251 for each in range(count))
        self.said += made
        return made

    def deliver(self, count: int) -> None:
        """As the hub does it: at once to who is idle, into the mailbox else."""
        frames = self.next_bytes(count)
        if self.idle:
            write_all([self.connection], frames)
        else:
            self.connection.put(frames)

    def read(self, most: int) -> None:
        """What is there, up to so many bytes."""
        try:
            self.heard += self.peer.recv(most)
        except BlockingIOError:
            return

    async def read_all(self) -> None:
        """Until everything that was said is there."""
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < len(self.said):
                self.read(2**20)
                await asyncio.sleep(0)


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LITTLE)  # those it accepts have the same
        yield server


async def connected(node: Node, server: socket.socket) -> Pair:
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
    peer.connect(server.getsockname())
    peer.setblocking(False)
    accepted, _ = server.accept()
    accepted.setblocking(False)
    loop = asyncio.get_running_loop()
    _, connection = await loop.connect_accepted_socket(lambda: TcpConnection(node.gate), accepted)
    return Pair(node, connection, peer)


def play(new_loop: NewLoop, played: Play) -> None:
    async def live() -> None:
        with listening() as server:
            pair = await connected(Node(), server)
            with pair.peer:
                await played(pair)
                pair.connection.transport.abort()
                await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(live())


# ── order ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SIZES = st.sampled_from([1, 100, 3_000, 20_000, 200_000])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deliver"), SIZES),
        st.tuples(st.just("put"), SIZES),
        st.tuples(st.just("read"), SIZES),
        st.tuples(st.just("turn"), st.integers(1, 3)),
    ),
    max_size=30,
)


@LOOPS
@given(steps=STEPS)
def test_every_byte_arrives_once_and_in_order(new_loop: NewLoop, steps: Sequence[tuple[str, int]]) -> None:
    async def played(pair: Pair) -> None:
        for what, count in steps:
            if what == "deliver":
                pair.deliver(count)
            elif what == "put":
                pair.connection.put(pair.next_bytes(count))
            elif what == "read":
                pair.read(count)
            else:
                for _ in range(count):
                    await asyncio.sleep(0)
        await pair.read_all()
        assert pair.heard == pair.said
        async with asyncio.timeout(PATIENCE):
            while not pair.idle:
                await asyncio.sleep(0)
        assert pair.connection.backlog() == 0

    play(new_loop, played)


@LOOPS
def test_what_a_full_socket_does_not_take_waits_and_is_weighed(new_loop: NewLoop) -> None:
    async def played(pair: Pair) -> None:
        taken = 0
        while pair.idle:
            pair.deliver(1_000)
            taken += pair.idle
        assert taken > 0  # whole deliveries, before one did not fit
        assert 0 < pair.connection.backlog() <= 1_000
        await pair.read_all()
        assert pair.heard == pair.said

    play(new_loop, played)


@LOOPS
def test_one_that_is_full_or_broken_costs_the_others_nothing(new_loop: NewLoop) -> None:
    async def played(full: Pair) -> None:
        with listening() as server:
            broken, behind = [await connected(full.node, server) for _ in range(2)]
            while full.idle:
                full.deliver(1_000)
            broken.peer.close()
            behind.connection.socket = NOWHERE
            frames = full.next_bytes(40)
            behind.said += frames
            write_all([each.connection for each in (full, broken, behind)], frames)
            for pair in (full, behind):
                await pair.read_all()
                assert pair.heard == pair.said
            for pair in (broken, behind):
                pair.connection.transport.abort()
                pair.peer.close()

    play(new_loop, played)


# ── who may be written to ───────────────────────────────────────────────────────────────────────────────────────────


@LOOPS
def test_the_transport_is_not_asked_while_it_keeps_nothing(new_loop: NewLoop) -> None:
    async def played(pair: Pair) -> None:
        transport, pair.connection.transport = pair.connection.transport, ManualTransport(pair.connection)
        pair.deliver(100)
        pair.connection.put(pair.next_bytes(100))
        await pair.read_all()
        assert pair.heard == pair.said
        assert pair.connection.transport.writes == 0
        pair.connection.transport = transport

    play(new_loop, played)


@LOOPS
def test_after_the_end_of_a_connection_its_descriptor_may_be_anothers(new_loop: NewLoop) -> None:
    async def played(gone: Pair) -> None:
        descriptor = gone.connection.socket.fileno()
        reading, writing = os.pipe2(os.O_NONBLOCK)
        gone.peer.close()
        async with asyncio.timeout(PATIENCE):
            while gone.connection in gone.node.gate.connections:
                await asyncio.sleep(0)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
        os.dup2(writing, descriptor)
        write_all([gone.connection], b"not yours")
        gone.connection.write(b"not yours either")
        with pytest.raises(BlockingIOError):
            os.read(reading, 100)
        for each in (reading, writing, descriptor):
            os.close(each)

    play(new_loop, played)


@LOOPS
def test_nothing_follows_the_close_of_a_connection(new_loop: NewLoop) -> None:
    async def played(pair: Pair) -> None:
        pair.connection.close(CloseCode.SERVICE_RESTART)
        write_all([pair.connection], b"too late")
        await asyncio.sleep(0)
        pair.peer.setblocking(True)
        assert b"too late" not in await asyncio.to_thread(pair.peer.recv, 1_000)
        assert await asyncio.to_thread(pair.peer.recv, 1_000) == b""

    play(new_loop, played)
