"""Copies of the database that answer what may be read anywhere: pages of history, the directory of rooms.

A replica answers only if it holds what the reader may have been told of (docs/protocol.md §3.8): of a chat, its head as the
primary has it, which is one row by its key; of the directory, everything the primary has committed. Otherwise, and where
a replica fails, the primary answers. Every second all are looked at: who does not answer, falls behind, or is a copy of
something else is left out, and comes back by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Self, TypeVar

import structlog
from sqlalchemy import select

from hubbub.persist.engine import Database, database_url
from hubbub.persist.failures import OUTAGES, said
from hubbub.persist.heads import head_of
from hubbub.persist.lane import Lane
from hubbub.persist.migrate import EPOCH
from hubbub.persist.tables import meta

T = TypeVar("T")
Work = Callable[[Lane], Awaitable[T]]
Reached = Callable[[Lane], Awaitable[bool]]
CHECK_SECONDS = 1.0
LAGS_SECONDS = 5.0  # behind the primary: asking it first would mostly be in vain
log = structlog.get_logger("hubbub.replicas")


class Replica:
    """One copy: whether it is asked, and the position of the primary that it was last waited for to reach.

    `lag`: seconds, as last looked at.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.name = f"{database.url.host}:{database.url.port or 'default'}"
        self.is_in = False
        self.trouble = ""
        self._goal = ""
        self._goal_at: float | None = None
        self.lag = 0.0

    async def check(self, position: str, epoch: str, now: float) -> None:
        """Whether it is to be asked until the next check; `position` is the primary's at `now` (s)."""
        if self._goal_at is None:
            self._goal_at = now
        try:
            trouble = await self._trouble(position, epoch, now)
        except OUTAGES as error:
            trouble = said(error)
        self.lag = now - self._goal_at
        self.set(trouble)

    async def _trouble(self, position: str, epoch: str, now: float) -> str:
        async with self.database.reading() as lane:
            if await lane.scalar(_EPOCH) != epoch:
                return "it is no copy of this database"
            if not self._goal or await self.has_reached(lane, self._goal):
                self._goal, self._goal_at = position, now
        behind = now - (self._goal_at or now)
        return f"more than {LAGS_SECONDS:.0f} s behind" if behind > LAGS_SECONDS else ""

    async def has_reached(self, lane: Lane, position: str) -> bool:
        """Whether it holds everything the primary had committed at that position."""
        return await lane.run_sync(self.database.dialect.has_reached, position)

    def set(self, trouble: str) -> None:
        """Leave it out, or take it in again; one line in the log for each."""
        if trouble and (self.is_in or not self.trouble):
            log.warning("a replica is left out", replica=self.name, why=trouble)
        if not trouble and not self.is_in:
            log.info("a replica answers", replica=self.name)
        self.is_in, self.trouble = not trouble, trouble


class Replicas:
    """`answered`: reads that a replica took; `behind`: those it could not, and the primary took; `failed`: in the middle."""

    def __init__(self, primary: Database, databases: Sequence[Database] = (), epoch: str = "") -> None:
        self._primary = primary
        self._epoch = epoch
        self.all = [Replica(each) for each in databases]
        self._turn = 0
        self.answered = 0
        self.behind = 0
        self.failed = 0

    @classmethod
    def at(cls, urls: Sequence[str], primary: Database, epoch: str) -> Self:
        """Copies of `primary`, whose epoch they must have, with pools like its own."""
        return cls(primary, [Database(database_url(url), primary.pool) for url in urls], epoch)

    @property
    def asked(self) -> list[Replica]:
        """Those that are not left out."""
        return [each for each in self.all if each.is_in]

    async def run(self) -> None:
        """Look at all of them every second."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                position = await self._position()
            except OUTAGES:
                pass  # without the primary nobody knows who is behind; who was in stays in
            else:
                await asyncio.gather(*(each.check(position, self._epoch, loop.time()) for each in self.all))
            await asyncio.sleep(CHECK_SECONDS)

    async def _position(self) -> str:
        async with self._primary.reading() as lane:
            return await lane.run_sync(self._primary.dialect.position)

    async def of_chat(self, chat: str, work: Work[T]) -> T:
        """Read about a chat. Raises the primary's errors."""
        if not self.asked:
            return await self._from_primary(work)
        async with self._primary.reading() as lane:
            head = await head_of(lane, chat)

        async def reached(lane: Lane) -> bool:
            return await head_of(lane, chat) >= head

        return await self._read(lambda _: reached, work)

    async def of_everything(self, work: Work[T]) -> T:
        """Read about all chats. Raises the primary's errors."""
        if not self.asked:
            return await self._from_primary(work)
        position = await self._position()
        return await self._read(lambda replica: lambda lane: replica.has_reached(lane, position), work)

    async def _read(self, reached: Callable[[Replica], Reached], work: Work[T]) -> T:
        asked = self.asked
        self._turn += 1
        replica = asked[self._turn % len(asked)]
        try:
            async with (
                replica.database.reading() as lane
            ):  # what is checked and what is read is one state of it
                if await reached(replica)(lane):
                    found = await work(lane)
                    self.answered += 1
                    return found
            self.behind += 1
        except OUTAGES as error:
            self.failed += 1
            replica.set(said(error))
        return await self._from_primary(work)

    async def _from_primary(self, work: Work[T]) -> T:
        async with self._primary.reading() as lane:
            return await work(lane)

    async def close(self) -> None:
        """Close every connection to a replica."""
        for each in self.all:
            await each.database.close()


_EPOCH = select(meta.c.value).where(meta.c.key == EPOCH)
