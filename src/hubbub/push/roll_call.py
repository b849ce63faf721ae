"""Which users are connected to which nodes where there is no Redis: every node tells the others over the bus whom it holds.

What changed is told at once, numbered; each second a node says that it lives, and its last number. Who missed something says
so, and is told all anew: so a bus may lose, repeat and reorder, and a second or two later all agree. A node that is silent for
its lease is dead, and its users are nowhere. Everybody knows everybody who is connected, some 100 bytes a user.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any

from hubbub.model.news import EVERYBODY, GONE, QUIETLY_GONE, Holds, Lives, News, Unsure

CHUNK = 2_000  # users in one message: below a bus's limit of a megabyte, however long their names
KEPT = 500_000  # users of one node, some 50 MB; beyond, they seem to be away. Who has as many has a Redis

Say = Callable[[str, News], None]
Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class Roll:
    """What another node told. `before`: what it had told before it began anew, until that is complete."""

    __slots__ = ("before", "counts", "missed", "number", "seconds")

    def __init__(self, seconds: int) -> None:
        self.counts: dict[str, int] = {}
        self.before: dict[str, int] | None = {}
        self.number = 0
        self.missed = True
        self.seconds = seconds

    def hear(self, news: Holds) -> None:
        """What was told twice or is overtaken is dropped; a number that is missing is noticed."""
        if news.number <= self.number:
            return
        if news.anew:
            self.before = (self.before or {}) | self.counts
            self.counts = {}
        self.missed = not news.anew and (self.missed or news.number != self.number + 1)
        self.number = news.number
        for user, count in news.counts.items():
            if count < 0:
                self.counts.pop(user, None)
                (self.before or {}).pop(user, None)
            elif user in self.counts or len(self.counts) < KEPT:
                self.counts[user] = count

    def connections(self, user: str) -> int | None:
        """None: the user is not there. While the node tells anew, what it told before counts too."""
        return self.counts.get(user, (self.before or {}).get(user))

    def users(self) -> set[str]:
        """All who are there."""
        return self.counts.keys() | (self.before or {}).keys()

    def complete(self) -> tuple[set[str], set[str]]:
        """All was heard: who came and who went in what was told anew."""
        before, self.before = self.before, None
        if before is None:
            return set(), set()
        return self.counts.keys() - before.keys(), before.keys() - self.counts.keys()


class RollCall:
    """Implements model.ports.Whereabouts. `is_up` says whether the bus answers: nothing is known of others while it does not.

    `lease`: seconds for which a node counts that says nothing more.
    """

    def __init__(self, node: str, say: Say, spawn: Spawn, is_up: Callable[[], bool], lease: int) -> None:
        self._node = node
        self._lease = lease
        self._say = say
        self._spawn = spawn
        self._is_up = is_up
        self._mine: dict[str, int] = {}
        self._number = 0
        self._rolls: dict[str, Roll] = {}
        self._unsaid: set[str] = set()  # gone from a node that believed them on another one
        self._asked = False
        self._ended = False

    async def moved(self, counts: Mapping[str, int | None]) -> dict[str, bool] | None:
        """These users have so many connections here now (None: are gone from here); who of them is elsewhere.

        None: the bus is away.
        """
        elsewhere = await self.elsewhere(list(counts))
        told: dict[str, int] = {}
        for user, count in counts.items():
            if count is not None:
                self._mine[user] = told[user] = count
            elif self._mine.pop(user, None) is not None:
                told[user] = QUIETLY_GONE if user in elsewhere else GONE
        if told:
            await self._tell(told)
        return {user: user in elsewhere for user in counts} if self._is_up() else None

    async def _tell(self, counts: Mapping[str, int], *, anew: bool = False) -> None:
        """In pieces, each as it is when it is told: what moves in between is told in between."""
        users = list(counts)
        for start in range(0, max(len(users), 1), CHUNK):
            self._number += 1
            piece = {user: counts[user] for user in users[start : start + CHUNK] if user in counts}
            self._say(EVERYBODY, Holds(self._node, self._number, anew and start == 0, piece))
            await asyncio.sleep(0)  # what is said in one turn of the loop is one message

    async def elsewhere(self, users: Sequence[str]) -> dict[str, int]:
        """Who of these users is on other nodes, with how many connections."""
        found = {user: list(self._others(user)) for user in users} if self._is_up() else {}
        return {user: sum(others) for user, others in found.items() if others}

    def _others(self, user: str) -> Iterator[int]:
        counts = (roll.connections(user) for roll in self._rolls.values())
        return (count for count in counts if count is not None)

    def _is_nowhere(self, user: str) -> bool:
        return user not in self._mine and not any(True for _ in self._others(user))

    def is_forgotten(self) -> bool:
        """Never: whoever missed something asks."""
        return False

    # ── what others say ─────────────────────────────────────────────────────────────────────────────────────────

    def heard(self, news: Holds) -> None:
        """Another node tells whom it holds."""
        self._roll(news.node).hear(news)
        self._unsaid |= {user for user, count in news.counts.items() if count == QUIETLY_GONE}

    def heard_of(self, news: Lives) -> None:
        """Another node lives. A number that it has not told yet when this was said was overtaken on the bus."""
        roll = self._roll(news.node)
        roll.seconds = news.seconds
        roll.missed |= news.number > roll.number

    def _roll(self, node: str) -> Roll:
        roll = self._rolls.get(node)
        if roll is None:
            roll = self._rolls[node] = Roll(self._lease)
            self._say(EVERYBODY, Unsure(node))
        return roll

    def asked(self, news: Unsure) -> None:
        """Somebody missed what this node told; many who ask in one second are told once."""
        if news.node == self._node and not self._asked and not self._ended:
            self._asked = True
            self._spawn(self._tell(self._mine, anew=True), "tell who is here")

    # ── each second ─────────────────────────────────────────────────────────────────────────────────────────────

    async def renew(self) -> dict[str, bool]:
        """This node lives; who does not any more. Gives who is there, or nowhere, without having been told of."""
        self._asked = False
        if self._ended or not self._is_up():
            return {}
        self._say(EVERYBODY, Lives(self._node, self._number, self._lease))
        went, self._unsaid = self._unsaid, set()
        came: set[str] = set()
        for node, roll in list(self._rolls.items()):
            roll.seconds -= 1
            if roll.seconds < 0:
                del self._rolls[node]
                went |= roll.users()
            elif roll.missed:
                self._say(EVERYBODY, Unsure(node))
            else:
                fresh, gone = roll.complete()
                came |= fresh
                went |= gone
        nowhere = dict.fromkeys(filter(self._is_nowhere, went), False)
        return nowhere | dict.fromkeys(came - self._mine.keys(), True)

    async def end(self, linger_ms: float) -> None:
        """The others keep its users for as long as they may take to come back, and hear nothing more of this node."""
        self._ended = True
        self._say(EVERYBODY, Lives(self._node, self._number, round(linger_ms / 1000)))
