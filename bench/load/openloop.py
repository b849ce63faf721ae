"""An open loop: when each message is due is settled before the run, and its delay counts from that moment.

So it does not matter whether generator or server was late when it should have been sent (no coordinated omission). Every
delivery is measured, by the time its content carries.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping

from load.client import Client, Tally, send_frame
from load.quantiles import Histogram

DUE = b'"content":"'
DIGITS = 16  # of microseconds on the machine's monotonic clock, which all its processes share
AHEAD = 0.2  # seconds until the first message
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
        """The time stands once in each message, and nowhere else; what is not whole yet comes again."""
        super().walk(data)
        clocked, now, end = self._clocked, time.monotonic_ns() // 1_000, len(data) - len(self.rest)
        at = data.find(DUE, 0, end)
        while at >= 0:
            stop = at + len(DUE) + DIGITS
            due = int(data[at + len(DUE) : stop])
            if due >= clocked.since:
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
