"""Which topics this node hears: those somebody here listens to, and for a while after the last one left.

A topic is asked for when the first listener comes; what was committed between that and the bus's confirmation is read
from the log (`on_heard`). Who reads a position first awaits `ready`, so that nothing falls between (protocol.md §3.4).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol

LINGER_TICKS = 30  # seconds a topic is kept without listeners: a client that reconnects finds it warm
CHUNK = 1_000  # topics in one request to the bus
CONFIRM_SECONDS = 2.0  # a bus slower than this is as good as away: positions are read all the same

Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class Topics(Protocol):
    """What a bus is to its listeners: publish/telling.Bus."""

    @property
    def is_up(self) -> bool: ...
    async def subscribe(self, topics: Sequence[str]) -> bool: ...
    async def unsubscribe(self, topics: Sequence[str]) -> None: ...


class Interest(Protocol):
    """What a hub tells of its listeners: `Subscriptions`, or `Alone` where there is no other node."""

    def hold(self, topic: str) -> None:
        """Somebody here listens."""

    def release(self, topic: str) -> None:
        """One listener less."""

    async def ready(self, topics: Iterable[str]) -> list[str]:
        """Hear these topics from now on; gives those of them that were not heard before."""


class Alone:
    """The interest of a single process: there is nobody to hear from."""

    def hold(self, topic: str) -> None:
        """Somebody here listens."""

    def release(self, topic: str) -> None:
        """One listener less."""

    async def ready(self, _topics: Iterable[str]) -> list[str]:
        """Everything is heard."""
        return []


class Subscriptions:
    """`on_heard(topic)` is called when a topic is heard that has listeners already: they may have missed something."""

    def __init__(self, bus: Topics, on_heard: Callable[[str], None], spawn: Spawn) -> None:
        self._bus = bus
        self._on_heard = on_heard
        self._spawn = spawn
        self._held: Counter[str] = Counter()
        self._heard: set[str] = set()
        self._idle: dict[str, int] = {}
        self._wanted: set[str] = set()
        self._ticks = 0

    @property
    def count(self) -> int:
        """How many topics are heard."""
        return len(self._heard)

    def hears(self, topic: str) -> bool:
        """Whether the topic was asked for; what a bus that is away does not bring, the comparison of heads does."""
        return topic in self._heard

    def hold(self, topic: str) -> None:
        """Somebody here listens."""
        self._held[topic] += 1
        self._idle.pop(topic, None)
        if topic not in self._heard and topic not in self._wanted:
            if not self._wanted:
                asyncio.get_running_loop().call_soon(self._ask)
            self._wanted.add(topic)

    def release(self, topic: str) -> None:
        """One listener less."""
        self._held[topic] -= 1
        if self._held[topic] <= 0:
            del self._held[topic]
            self._idle[topic] = self._ticks

    def _ask(self) -> None:
        wanted, self._wanted = self._wanted, set()
        self._spawn(self._hear(sorted(wanted - self._heard)), "subscribe")

    async def ready(self, topics: Iterable[str]) -> list[str]:
        """Hear these topics; gives those that were not heard before. Where the bus is away, that is all of them."""
        asked = list(topics)
        cold = [topic for topic in asked if topic not in self._heard] if self._bus.is_up else asked
        self._idle |= {topic: self._ticks for topic in cold if topic not in self._held}
        await self._hear([topic for topic in cold if topic not in self._heard])
        return cold

    async def _hear(self, topics: Sequence[str]) -> None:
        for start in range(0, len(topics), CHUNK):
            chunk = topics[start : start + CHUNK]
            try:
                async with asyncio.timeout(CONFIRM_SECONDS):
                    confirmed = await self._bus.subscribe(chunk)
            except TimeoutError:
                confirmed = False
            self._heard.update(chunk)
            if confirmed:
                for topic in chunk:
                    if topic in self._held:
                        self._on_heard(topic)

    async def tick(self) -> None:
        """A second has passed: let go of what nobody listened to for a while."""
        self._ticks += 1
        over = [topic for topic, since in self._idle.items() if self._ticks - since > LINGER_TICKS]
        for topic in over:
            del self._idle[topic]
        left = [topic for topic in over if topic in self._heard and topic not in self._held]
        self._heard.difference_update(left)
        if left:
            await self._bus.unsubscribe(left)
