"""A bus between nodes of one process that drops, repeats and reorders what it carries, as chance has it."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random

from hubbub.publish.outgoing import Message, Outgoing
from hubbub.publish.telling import Hear

DROPPED, REPEATED = 0.25, 0.25
LATEST_SECONDS = 0.03  # every message takes a moment of its own, so that many overtake each other


class Ether:
    """What all buses are on. `happened` counts what became of messages, for each who should hear them."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.hearers: defaultdict[str, set[LossyBus]] = defaultdict(set)
        self.happened: Counter[str] = Counter()
        self._sent = 0

    def carry(self, message: Message) -> None:
        """To each who hears the topic now, none, one or two times, some time soon."""
        self._sent += 1
        for hearer in list(self.hearers[message[0]]):
            copies = self.random.choices((0, 1, 2), (DROPPED, 1 - DROPPED - REPEATED, REPEATED))[0]
            self.happened[("dropped", "carried", "repeated")[copies]] += 1
            for _ in range(copies):
                later = self.random.uniform(0, LATEST_SECONDS)
                asyncio.get_running_loop().call_later(later, self._arrive, hearer, message, self._sent)

    def _arrive(self, hearer: "LossyBus", message: Message, number: int) -> None:
        if number < hearer.latest:
            self.happened["overtaken"] += 1
        hearer.latest = max(hearer.latest, number)
        hearer.hear(*message)


class LossyBus:
    """Implements publish.telling.Bus."""

    is_up = True

    def __init__(self, ether: Ether, hear: Hear) -> None:
        self._ether = ether
        self.hear = hear
        self.latest = 0
        self.outgoing = Outgoing()

    def publish(self, messages: Sequence[Message]) -> None:
        """Send, or not."""
        for message in messages:
            self._ether.carry(message)

    async def subscribe(self, topics: Sequence[str]) -> bool:
        """Hear these."""
        for topic in topics:
            self._ether.hearers[topic].add(self)
        return True

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Hear these no more."""
        for topic in topics:
            self._ether.hearers[topic].discard(self)

    async def run(self) -> None:
        """There is nothing to keep up."""
