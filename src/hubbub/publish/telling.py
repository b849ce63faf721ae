"""What this node tells the others: the news of one loop turn on one topic are one message, encoded once."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

from hubbub.codec import news as codec
from hubbub.model.news import News

Hear = Callable[[str, bytes], None]


class Bus(Protocol):
    """Carries bytes on topics between nodes: publish/local_bus, publish/redis_bus, publish/nats_bus.

    It may lose, repeat and reorder what it carries, and be away; who publishes hears itself too. The suite that all
    pass is tests/ports/test_bus.
    """

    @property
    def is_up(self) -> bool:
        """Whether what is published now may arrive."""

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Send (topic, data) soon, in order; dropped where the bus is away or too much waits."""

    async def subscribe(self, topics: Sequence[str]) -> bool:
        """Hear these topics; True once that is confirmed, False where the bus is away: they are heard when it is back."""

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Hear these topics no more."""

    async def run(self) -> None:
        """Carry, and come back after losses, until cancelled."""


class Telling:
    """`node` is this node's name; what it hears of itself is not news."""

    def __init__(self, bus: Bus, node: str) -> None:
        self._bus = bus
        self._node = node
        self._waiting: defaultdict[str, list[News]] = defaultdict(list)

    def say(self, topic: str, news: News) -> None:
        """Tell whoever hears the topic, at the end of this loop turn."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._send)
        self._waiting[topic].append(news)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, defaultdict(list)
        self._bus.publish([(topic, codec.encode(self._node, news)) for topic, news in waiting.items()])
