"""An open loop: when each message is due is settled before the run, and its delay counts from that moment.

So it does not matter whether generator or server was late when it should have been sent (no coordinated omission). Every
delivery is measured, by the time its content carries.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from load.client import Client, Tally, open_all, send_frame
from load.generator import Part
from load.quantiles import Histogram

DUE = b'"content":"'
DIGITS = 16  # of microseconds on the machine's monotonic clock, which all its processes share
AHEAD = 0.2  # seconds until the first message
PATIENCE = 60  # seconds until the last delivery
Message = tuple[float, int, str]
"""(seconds after the start, the sender's number, room)"""


class Clocked:
    """What the clients of a process share: the moment from which it counts, and what they found."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.begin(0)

    def begin(self, since: int) -> None:
        """From now on, what was due then or later counts; nothing else does."""
        self.delivered = Histogram()
        self.acknowledged = Histogram()
        self.since = since


class Listening(Client):
    """Reads the due time out of every message."""

    __slots__ = ("_clocked", "due")

    def __init__(self, clocked: Clocked, number: int) -> None:
        super().__init__(clocked.tally, number)
        self._clocked = clocked
        self.due: deque[int] = deque()

    def walk(self, data: bytes) -> None:
        """The time stands once in each message of the loop; what is not whole yet comes again."""
        super().walk(data)
        clocked, now, end = self._clocked, time.monotonic_ns() // 1_000, len(data) - len(self.rest)
        at = data.find(DUE, 0, end)
        while at >= 0:
            stop = at + len(DUE) + DIGITS
            digits = data[at + len(DUE) : stop]
            if digits.isdigit() and (due := int(digits)) >= clocked.since:
                clocked.delivered.add(max(0, now - due))
            at = data.find(DUE, stop, end)

    def answered(self) -> None:
        """The journal answers a connection in the order in which it asked."""
        due = self.due.popleft()
        if due >= self._clocked.since:
            self._clocked.acknowledged.add(max(0, time.monotonic_ns() // 1_000 - due))

    def say(self, room: str, due: int, padding: str) -> None:
        """A message that was due then."""
        self.due.append(due)
        content = f"{due:0{DIGITS}}{padding}"
        self.transport.write(send_frame(len(self.due), room, content, f"{self.number}-{due}"))


async def send_due(
    clocked: Clocked,
    clients: Mapping[int, Listening],
    schedule: Iterable[Message],
    padding: str,
    warm_up: float = 0.0,
) -> None:
    """Send each message when it is due; `warm_up`: seconds that do not count."""
    start = time.monotonic() + AHEAD
    clocked.begin(int((start + warm_up) * 1e6))
    for after, number, room in schedule:
        await asyncio.sleep(max(0.0, start + after - time.monotonic()))
        clients[number].say(room, int((start + after) * 1e6), padding)


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does: `joins`: what its connections say to the relay."""

    port: int
    numbers: Sequence[int]
    joins: Mapping[int, bytes] | None
    schedule: Sequence[Message]
    expected: int
    padding: str
    warm_up: float


class Relayed(Listening):
    """The same, spoken to by the relay."""

    __slots__ = ("_joins",)

    def __init__(self, clocked: Clocked, number: int, joins: bytes) -> None:
        super().__init__(clocked, number)
        self._joins = joins

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join at once."""
        self.transport = transport  # type: ignore[assignment]
        self.opened = None
        self.transport.write(self._joins)

    def say(self, room: str, due: int, padding: str) -> None:
        """A message that was due then."""
        content = f"{due:0{DIGITS}}{padding}"
        self.transport.write(f'm {room} {{"type":"message","content":"{content}"}}\n'.encode())


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: connect, send what is due when it is due, wait for what everybody hears."""
    clocked, joins = Clocked(), plan.joins
    made = await open_all(
        lambda number: Listening(clocked, number) if joins is None else Relayed(clocked, number, joins[number]),
        plan.numbers, plan.port, part.progressed,
    )  # fmt: skip
    clients = {client.number: client for client in made if isinstance(client, Listening)}
    await part.meet()
    before = await part.meet()
    heard = clocked.tally.await_messages(plan.expected)
    await send_due(clocked, clients, plan.schedule, plan.padding, plan.warm_up)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await heard.wait()
    after = await part.meet()
    await part.meet()
    return {
        "delivered": clocked.delivered,
        "acknowledged": clocked.acknowledged,
        "messages": clocked.tally.messages,
        "errors": len(clocked.tally.errors),
        "share": after.share_since(before),
    }
