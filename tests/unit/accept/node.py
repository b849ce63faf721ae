"""A node without sockets and without a database: real connections, sessions, hub and use cases in one place."""

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from hubbub.accept.admission import Admission
from hubbub.accept.connection import Gate
from hubbub.accept.connection_log import ConnectionLog
from hubbub.accept.heartbeat import TimingWheel
from hubbub.accept.tcp import TcpConnection
from hubbub.accept.websocket import WebSocketConnection
from hubbub.codec.data_frame import DataFrameReader, frame
from hubbub.codec.websocket_frames import CLOSE, PING, TEXT, FrameLimits, close_code, masked_frame
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.request_log import RequestLog
from hubbub.dispatch.session import Sessions
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.heads import Head
from hubbub.model.identity import Identity
from hubbub.model.replies import ProfileListing
from hubbub.push.catch_up import CatchUp
from hubbub.push.hub import Hub
from hubbub.push.mailbox import Flusher
from hubbub.push.presence import PresenceBoard
from hubbub.push.resume import Resumption, describe
from hubbub.runtime.bounded_lines import BoundedLines
from hubbub.runtime.spawn import Tasks
from hubbub.testing.clock import ManualClock
from hubbub.testing.memory import Memory, MemoryChats, MemoryJournal, MemoryLog, MemoryPeople
from hubbub.testing.place import Place, counting_entropy
from hubbub.testing.transport import ManualTransport
from hubbub_conformance import codecs

HEAD = (
    b"GET /ws HTTP/1.1\r\nHost: hubbub.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
MASK = b"mask"
TICK_MS = 100
BOUND, HIGH = 20_000, 2_000


class NoHeads:
    async def joined(self, changed: Sequence[str], since: int) -> list[tuple[str, str, int]]:
        return []

    async def changed(self, since: int) -> list[Head]:
        return []


class Client:
    """The other end of a WebSocket."""

    def __init__(self, node: "Node", extra: bytes = b"") -> None:
        self.connection = WebSocketConnection(node.gate)
        self.transport = ManualTransport(self.connection, high=HIGH)
        self.connection.connection_made(self.transport)
        self.connection.data_received(HEAD + extra + b"\r\n")
        self.ids = iter(range(1, 10_000))
        self.begun = b""
        self.shaken = False
        self.transport.set_write_buffer_limits(HIGH, 0)

    def say(self, kind: str, **fields: Any) -> int:  # noqa: ANN401
        """Send a request; its id."""
        number = next(self.ids)
        self.send(TEXT, json.dumps({"type": kind, "id": number, **fields}).encode())
        return number

    def send(self, opcode: int, payload: bytes) -> None:
        self.connection.data_received(masked_frame(opcode, payload, MASK))

    def frames(self) -> list[tuple[int, bytes]]:
        """Every frame read since the last time."""
        data = self.begun + self.transport.take()
        if not self.shaken and b"\r\n\r\n" in data:
            self.shaken = True
            data = data.partition(b"\r\n\r\n")[2]
        found = []
        while (frame := _first_frame(data)) is not None:
            opcode, payload, data = frame
            found.append((opcode, payload))
        self.begun = data
        return found

    def heard(self) -> list[dict[str, Any]]:
        """Every envelope read since the last time."""
        return [json.loads(payload) for opcode, payload in self.frames() if opcode == TEXT]

    def types(self) -> list[str]:
        return [envelope["type"] for envelope in self.heard()]

    def closed_with(self) -> int | None:
        """The code of the close frame among what was read since the last time."""
        codes = [close_code(payload) for opcode, payload in self.frames() if opcode == CLOSE]
        return codes[0] if codes else None

    def pings(self) -> int:
        return sum(opcode == PING for opcode, _ in self.frames())

    def lose(self) -> None:
        self.transport.abort()
        self.connection.connection_lost(None)


class TcpClient:
    """The other end of framed TCP."""

    def __init__(self, node: "Node", codec: codecs.Codec = codecs.JSON, peer: str = "192.0.2.1") -> None:
        self.codec = codec
        self.connection = TcpConnection(node.gate)
        self.transport = ManualTransport(self.connection, high=HIGH, peer=peer)
        self.connection.connection_made(self.transport)  # type: ignore[arg-type]
        self.transport.set_write_buffer_limits(HIGH, 0)
        self.ids = iter(range(1, 10_000))
        self.reader = DataFrameReader(2**20)

    def say(self, kind: str, **fields: Any) -> int:  # noqa: ANN401
        """Send a request; its id."""
        number = next(self.ids)
        self.send({"type": kind, "id": number, **fields})
        return number

    def send(self, envelope: dict[str, Any]) -> None:
        self.send_bytes(frame(self.codec.number, self.codec.encode(envelope)))

    def send_bytes(self, data: bytes) -> None:
        """As a loop does: into the connection's buffer, as much at a time as it holds."""
        while data:
            buffer = self.connection.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.connection.buffer_updated(size)
            data = data[size:]

    def heard(self, codec: codecs.Codec | None = None) -> list[dict[str, Any]]:
        """Every envelope read since the last time."""
        data = self.transport.take()
        return [(codec or self.codec).decode(each) for each in self.reader.feed(data, len(data))]

    def types(self) -> list[str]:
        return [envelope["type"] for envelope in self.heard()]

    def lose(self) -> None:
        self.transport.abort()
        self.connection.connection_lost(None)


def _first_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    if len(data) < 2:
        return None
    length, at = data[1] & 0x7F, 2
    if length >= 126:
        at = 4 if length == 126 else 10
        length = int.from_bytes(data[2:at], "big")
    if len(data) < at + length:
        return None
    return data[0] & 0x0F, data[at : at + length], data[at + length :]


class Node:
    """`wheel.advance()` is time for connections, `clock` for everything else."""

    def __init__(self, *users: str, per_user: float = 20, in_flight: float = 8) -> None:
        self.clock = ManualClock()
        self.tasks = Tasks()
        self.wheel = TimingWheel(TICK_MS)
        self.flusher = Flusher(outgoing_bytes=BOUND, clock=self.clock)
        memory = Memory()
        for user in users:
            memory.profiles[user] = ProfileListing(user=user, display_name=user.title())
        chats, log, people = MemoryChats(memory), MemoryLog(memory), MemoryPeople(memory)
        catch_up = CatchUp(log, NoHeads(), chats, self.tasks.spawn)
        described = partial(describe, name_of=str.title)
        self.hub = catch_up.hub = Hub(self.flusher, described, catch_up.fill)
        self.journal = MemoryJournal(memory, self.clock, self.hub.publish)
        self.place = Place(chats=chats, log=log, people=people, journal=self.journal, clock=self.clock)
        self.gone: dict[str, int] = {}
        self.revoked: set[str] = set()
        self.presence = PresenceBoard(self.hub, chats, people, crowd=200, linger_ms=30_000, gone=self.gone)
        self.lines = BoundedLines(0)
        self.gate = Gate(
            admission=Admission(frozenset(), 3, []),
            wheel=self.wheel,
            flusher=self.flusher,
            hub=self.hub,
            frame_limits=FrameLimits(),
            head_bytes=8_192,
            head_ticks=100,
            hello_ticks=100,
            silent_ticks=300,
            stall_ticks=200,
            pongs=TokenBuckets(5, 5),
            clock=self.clock,
            log=ConnectionLog(self.lines, wanted=True),
        )
        self.waiting: asyncio.Event | None = None
        self.gate.listener = Sessions(
            self.place.dispatcher,
            Resumption(self.hub, self.place.desk, catch_up, epoch="e1"),
            self.hub,
            self.presence,
            self.authenticate,
            self.revoked.__contains__,
            TokenBuckets(1, 20),
            self.tasks.spawn,
            self.clock,
            counting_entropy(),
            RequestLog("notable", 1_000, self.lines, self.clock),
            per_user=per_user,
            in_flight=in_flight,
        )

    async def authenticate(self, token: str, now: int) -> Identity:
        """The token is the user's name, perhaps with the time at which it ends; `bad` is none."""
        if self.waiting is not None:
            await self.waiting.wait()
        if token == "bad":
            raise Refused(ErrorCode.UNAUTHENTICATED)
        if token == "down":
            raise Refused(ErrorCode.UNAVAILABLE)
        user, _, ends = token.partition("@")
        return Identity(user=user, session=f"s-{user}", ends_at=int(ends) if ends else None)

    def connect(self, extra: bytes = b"") -> Client:
        return Client(self, extra)

    def connect_tcp(self, codec: codecs.Codec = codecs.JSON, peer: str = "192.0.2.1") -> TcpClient:
        return TcpClient(self, codec, peer)

    async def enter_tcp(self, user: str, codec: codecs.Codec = codecs.JSON) -> TcpClient:
        """The same over framed TCP."""
        client = self.connect_tcp(codec)
        client.say("hello", token=user)
        await self.settle()
        return client

    async def enter(self, user: str, **hello: Any) -> Client:  # noqa: ANN401
        """A client that was welcomed; what it heard is left to be read."""
        client = self.connect()
        client.say("hello", token=user, **hello)
        await self.settle()
        return client

    async def settle(self) -> None:
        """Everything that can happen without time has happened."""
        for _ in range(30):
            await asyncio.sleep(0)

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.wheel.advance()
