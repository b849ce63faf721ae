"""Which nodes serve a database: each says so every few seconds, in `meta`, by the database's time.

So that nobody moves a store away under a server that uses it. The embedded store has its lock file for that.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import delete, insert, select, update

from hubbub.persist.engine import Database
from hubbub.persist.lane import Lane
from hubbub.persist.tables import meta

PREFIX = "node:"
BEAT_EVERY_MS = 5_000
GONE_AFTER_MS = 20_000  # four beats: what a busy database may delay, and how long a killed node counts


class Beat:
    """This node's sign of life. `clock` is the database's, in ms; `name` tells it from the others."""

    def __init__(self, database: Database, clock: Callable[[], int], name: str) -> None:
        self._database = database
        self._clock = clock
        self._key = PREFIX + name
        self._beaten_at = 0

    async def beat(self) -> None:
        """Say it again if it is time. Raises the database's errors."""
        now = self._clock()
        if not self._database.is_embedded and now - self._beaten_at >= BEAT_EVERY_MS:
            await self._database.transact(partial(self._write, now))
            self._beaten_at = now

    async def _write(self, now: int, lane: Lane) -> None:
        here = meta.c.key == self._key
        if (await lane.execute(update(meta).where(here).values(value=str(now)))).rowcount == 0:
            await lane.execute(insert(meta).values(key=self._key, value=str(now)))

    async def leave(self) -> None:
        """This node serves no more."""
        if not self._database.is_embedded:
            await self._database.transact(
                lambda lane: lane.execute(delete(meta).where(meta.c.key == self._key))
            )


async def serving(database: Database, now: int) -> list[str]:
    """The nodes that gave a sign of life lately (`now`: ms of the database's time)."""
    async with database.reading() as lane:
        rows = await lane.execute(select(meta.c.key, meta.c.value).where(meta.c.key.startswith(PREFIX)))
        return [key.removeprefix(PREFIX) for key, value in rows if now - int(value) < GONE_AFTER_MS]
