"""What waits to be put on a bus: bounded, because a bus that is slow or away must not cost a node its memory."""

import asyncio
from collections import deque
from collections.abc import Sequence

BOUND = 16_777_216  # bytes: a second of a very busy node; beyond it messages are dropped, and the heads repair that
BATCH = 512  # messages in one write: some 100 KB, so that a slow bus is noticed within one of them

Message = tuple[str, bytes]


class Outgoing:
    """A queue of (topic, data)."""

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._bytes = 0
        self._waiting: deque[Message] = deque()
        self._wake = asyncio.Event()
        self.dropped = 0
        self.sent = 0

    def put(self, messages: Sequence[Message]) -> None:
        """Queue messages, as many as there is room for."""
        for message in messages:
            if self._bytes >= self._bound:
                self.dropped += 1
                continue
            self._bytes += len(message[1])
            self._waiting.append(message)
        self._wake.set()

    async def take(self) -> list[Message]:
        """Some of what waits, once there is any."""
        while not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        some = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
        self._bytes -= sum(len(data) for _, data in some)
        self.sent += len(some)
        return some

    def drop(self) -> None:
        """The bus is away: by the time it is back, the database has told all this."""
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._bytes = 0
