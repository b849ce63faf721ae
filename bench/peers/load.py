"""The load: connections spread over channels, messages on schedule from one after the other, everything that comes counted.

Delays count from when a message was due (open loop), so that a server that stands still does not hide it.
"""

import asyncio
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crowd.words import END_OF_HEAD, SWITCHED, frame, frames
from load.generator import Part

from peers.conversation import Conversation, Delivered, Failed, Heard, Joined, Published, Say
from peers.protocols import PROTOCOLS

DIALS_AT_ONCE = 50
JOIN_SECONDS = 60
DRAIN_SECONDS = 20
TEXT, CLOSE, PING = 1, 8, 9
PONG_HEAD = b"\x8a"
DIGITS = 17


@dataclass(frozen=True)
class Plan:
    """What one process does. `tokens` and `channels` are those of its connections, one each."""

    url: str
    protocol: str
    channels: Sequence[str]
    tokens: Sequence[str]
    first: int
    rate: float
    seconds: float
    padding: str


@dataclass
class Tally:
    """What the connections of one process heard; `delays` in seconds."""

    published: int = 0
    delivered: int = 0
    failures: list[str] = field(default_factory=list)
    delays: "array[float]" = field(default_factory=lambda: array("d"))


class Connection(asyncio.Protocol):
    """The socket under a conversation: the upgrade, frames, pings (RFC 6455)."""

    transport: asyncio.Transport

    def __init__(self, conversation: Conversation, host: str, tally: Tally) -> None:
        self._conversation = conversation
        self._host = host
        self._tally = tally
        self._rest = b""
        self._upgraded = False
        self._fragments = b""
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = transport  # type: ignore[assignment]
        spoken = self._conversation.SUBPROTOCOL
        offer = f"Sec-WebSocket-Protocol: {spoken}\r\n" if spoken else ""
        self.transport.write(
            f"GET {self._conversation.PATH} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Version: 13\r\n{offer}\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        """By the server's doing, if it was before the end."""
        self._fail(f"the connection was closed: {error or 'by the server'}")

    def _fail(self, why: str) -> None:
        if not self.joined.done():
            self.joined.set_exception(ConnectionError(why))
        self._tally.failures.append(why)

    def data_received(self, data: bytes) -> None:
        """Bytes of the server."""
        data = self._rest + data
        if not self._upgraded:
            head, found, data = data.partition(END_OF_HEAD)
            if not found:
                self._rest = head
                return
            self._open(head)
        rest = 0
        for first, payload, stop in frames(data):
            rest = stop
            self._frame(first, payload)
        self._rest = data[rest:]

    def _open(self, head: bytes) -> None:
        self._upgraded = True
        if not head.startswith(SWITCHED):
            self._fail(head.decode(errors="replace"))
            self.transport.close()
            return
        for message in self._conversation.opening():
            self.transport.write(frame(message))

    def _frame(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        if opcode == PING:
            self.transport.write(PONG_HEAD + frame(payload)[1:])
        elif opcode == CLOSE:
            self._fail(f"the server closed: {payload[:2].hex()} {payload[2:].decode(errors='replace')}")
        else:
            self._fragments += payload
            if first & 0x80:
                message, self._fragments = self._fragments, b""
                for heard in self._conversation.hear(message):
                    self._take(heard)

    def _take(self, heard: Heard) -> None:
        match heard:
            case Delivered(content):
                self._tally.delivered += 1
                self._tally.delays.append(time.monotonic() - int(content[:DIGITS]) / 1e6)
            case Published():
                self._tally.published += 1
            case Say(message):
                self.transport.write(frame(message))
            case Joined():
                if not self.joined.done():
                    self.joined.set_result(None)
            case Failed(why):
                self._fail(why)

    def publish(self, due: float, padding: str) -> None:
        """Say when this was due, and some more."""
        self.transport.write(frame(self._conversation.publish(f"{int(due * 1e6):0{DIGITS}}{padding}")))


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: connect and subscribe; publish between the first two meetings; count until the third."""
    tally = Tally()
    connections = await _connect(part, plan, tally)
    await part.meet()
    expected = await _publish(plan, connections)
    before = await part.meet()
    await _drain(tally, expected)
    after = await part.meet()
    failures = list(tally.failures)
    for each in connections:
        each.transport.abort()
    return {"asked": expected, "published": tally.published, "delivered": tally.delivered, "failures": failures,
            "delays": tally.delays.tobytes(), "drained": after.wall - before.wall}  # fmt: skip


async def _connect(part: Part, plan: Plan, tally: Tally) -> list[Connection]:
    loop, room = asyncio.get_running_loop(), asyncio.Semaphore(DIALS_AT_ONCE)
    place = urlsplit(plan.url)
    speak = PROTOCOLS[plan.protocol]

    async def dial(number: int) -> Connection:
        conversation = speak(plan.channels[number], plan.first + number, plan.tokens[number])
        async with room, asyncio.timeout(JOIN_SECONDS):
            _, made = await loop.create_connection(
                lambda: Connection(conversation, place.netloc, tally), place.hostname, place.port or 80
            )
            await made.joined
        part.progressed()
        return made

    return list(await asyncio.gather(*map(dial, range(len(plan.channels)))))


async def _publish(plan: Plan, connections: Sequence[Connection]) -> int:
    """On schedule, from one connection after the other; gives how many messages."""
    count = int(plan.rate * plan.seconds)
    begun = time.monotonic()
    for number in range(count):
        due = begun + number / plan.rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        connections[number % len(connections)].publish(due, plan.padding)
    return count


async def _drain(tally: Tally, expected: int) -> None:
    """Until everything is answered, and then for as long as deliveries still come."""
    deadline, seen = time.monotonic() + DRAIN_SECONDS, -1
    while time.monotonic() < deadline and (tally.published < expected or seen != tally.delivered):
        seen = tally.delivered
        await asyncio.sleep(0.5)
