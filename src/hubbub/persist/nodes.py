"""Which nodes serve a database: each says so every few seconds, in `meta`, by the database's time.

So that nobody moves a store away under a server that uses it, and no two servers share a database that do not hear each
other. The embedded store has its lock file for that.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

import structlog
from msgspec import Struct
from sqlalchemy import delete, insert, select, update

from hubbub.persist.engine import Database
from hubbub.persist.lane import Lane
from hubbub.persist.tables import meta

PREFIX = "node:"
BEAT_EVERY_MS = 2_000
SILENT_AFTER_MS = 5_000  # two beats and a half: a start waits so long to see whether a node was killed
GONE_AFTER_MS = (
    20_000  # ten beats: what a busy database may delay, and how long a killed node holds up a move
)
FORGOTTEN_AFTER_MS = 3_600_000  # what a killed node left is deleted by the others
LOOK_AGAIN_SECONDS = 0.25
ON_A_BUS = "bus"

log = structlog.get_logger("hubbub.nodes")


class Circle(Struct, frozen=True):
    """Nodes that hear each other: all that have a bus (ON_A_BUS), or one server with its workers.

    `former` is the circle of who held this server's data folder before: it is dead.
    """

    name: str
    former: str = ""

    def has(self, other: str) -> bool:
        """Whether a node of circle `other` does no harm here."""
        return other in (self.name, self.former)


class StrangersError(Exception):
    """A node that would not hear of this one serves the same database."""


class Beat:
    """This node's sign of life. `clock` is the database's, in ms; `name` tells it from the others."""

    def __init__(self, database: Database, clock: Callable[[], int], name: str, circle: Circle) -> None:
        self._database = database
        self._clock = clock
        self._key = PREFIX + name
        self._circle = circle
        self._beaten_at = 0
        self._said: set[str] = set()

    async def beat(self) -> None:
        """Say it again if it is time, and look who else does. Raises the database's errors."""
        now = self._clock()
        if not self._database.is_embedded and now - self._beaten_at >= BEAT_EVERY_MS:
            await self._database.transact(partial(self._write, now))
            self._beaten_at = now
            await self._look(now)

    async def _write(self, now: int, lane: Lane) -> None:
        here = meta.c.key == self._key
        value = f"{now} {self._circle.name}"
        if (await lane.execute(update(meta).where(here).values(value=value))).rowcount == 0:
            await lane.execute(insert(meta).values(key=self._key, value=value))

    async def _look(self, now: int) -> None:
        """Strangers that started in the same moment are not refused; their operator is told. What is long dead is deleted."""
        nodes = await _nodes(self._database)
        strangers = _strangers(nodes, now, self._circle)
        for name in strangers.keys() - self._said:
            log.error("two servers on one database do not hear each other", error=_said(name, self._circle))
        self._said = set(strangers)
        dead = [PREFIX + name for name, (at, _) in nodes.items() if now - at > FORGOTTEN_AFTER_MS]
        if dead:
            forget = delete(meta).where(meta.c.key.in_(dead))
            await self._database.transact(lambda lane: lane.execute(forget))

    async def leave(self) -> None:
        """This node serves no more."""
        if not self._database.is_embedded:
            await self._database.transact(
                lambda lane: lane.execute(delete(meta).where(meta.c.key == self._key))
            )


async def check_strangers(database: Database, clock: Callable[[], int], circle: Circle) -> None:
    """Before a node serves. A stranger that was killed is waited for, SILENT_AFTER_MS after its last sign of life at most.

    Raises StrangersError once a stranger gives another one.
    """
    seen: Mapping[str, int] = {}
    while not database.is_embedded:
        found = _strangers(await _nodes(database), clock(), circle)
        for name in found.keys() & seen.keys():
            if found[name] != seen[name]:
                raise StrangersError(_said(name, circle))
        if not found:
            return
        seen = found
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _said(name: str, circle: Circle) -> str:
    who = "has no bus" if circle.name == ON_A_BUS else "would not hear of this one"
    return (
        f"node {name} serves the same database and {who}; give every server of this database "
        f'the same bus, as in  bus = "redis://host:6379/0"  (HUBBUB_BUS, --bus), or stop the other'
    )


def _strangers(nodes: Mapping[str, tuple[int, str]], now: int, circle: Circle) -> dict[str, int]:
    """Other circles' nodes that may live, with when they last said so."""
    return {
        name: at
        for name, (at, other) in nodes.items()
        if now - at < SILENT_AFTER_MS and not circle.has(other)
    }


async def serving(database: Database, now: int) -> list[str]:
    """The nodes that gave a sign of life lately (`now`: ms of the database's time)."""
    return [name for name, (at, _) in (await _nodes(database)).items() if now - at < GONE_AFTER_MS]


async def _nodes(database: Database) -> dict[str, tuple[int, str]]:
    """Every node there is a sign of: when it gave it, and its circle."""
    async with database.reading() as lane:
        rows = await lane.execute(select(meta.c.key, meta.c.value).where(meta.c.key.startswith(PREFIX)))
        signs = [(key.removeprefix(PREFIX), value.partition(" ")) for key, value in rows]
    return {name: (int(at), circle) for name, (at, _, circle) in signs}
