"""The database, opened with the durability the promises need, whichever it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import uniform
from typing import Protocol, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from hubbub.persist.dialects import DIALECTS
from hubbub.persist.embedded import EmbeddedLanes
from hubbub.persist.failures import OUTAGES
from hubbub.persist.lane import Lane
from hubbub.persist.pool import Gauge, Pool
from hubbub.persist.pooled import PooledLanes

T = TypeVar("T")
DATABASE_FILE = "hubbub.db"
ATTEMPTS = 5  # at one transaction that the database undoes for the sake of others; then it is an outage
PAUSE_SECONDS = 0.05  # at most, before the second attempt; twice that before the third


def database_url(url: str, data: str = "") -> URL:
    """The setting `database_url`, or the embedded store inside the data folder."""
    if url:
        return make_url(url)
    return URL.create("sqlite", database=str(Path(data) / DATABASE_FILE))


def folder_of(url: URL) -> Path:
    """Where an embedded store lies."""
    return Path(url.database or "").absolute().parent


class Lanes(Protocol):
    """The connections: persist/embedded, persist/pooled."""

    gauge: Gauge
    engines: tuple[Engine, ...]

    def reading(self) -> AbstractAsyncContextManager[Lane]: ...
    def writing(self) -> AbstractAsyncContextManager[Lane]: ...
    async def close(self) -> None: ...


class Database:
    """`reading()` sees one state of the database; `writing()` is one transaction. Both raise SQLAlchemy's errors."""

    def __init__(self, url: URL, pool: Pool | None = None) -> None:
        self.url = url
        self.pool = pool or Pool()
        kind: type[EmbeddedLanes | PooledLanes] = EmbeddedLanes if self.is_embedded else PooledLanes
        self._lanes: Lanes = kind(url, self.pool)
        self.dialect = DIALECTS["mysql" if url.get_backend_name() == "mariadb" else url.get_backend_name()]

    @property
    def is_embedded(self) -> bool:
        """Whether this is SQLite."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def engines(self) -> tuple[Engine, ...]:
        """SQLAlchemy's: the one that writes, the one that reads."""
        return self._lanes.engines

    @property
    def gauge(self) -> Gauge:
        """Connections in use."""
        return self._lanes.gauge

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Lane]:
        """A connection for queries only, which all see the same state of the database. Raises TimeoutError."""
        async with self._lanes.reading() as lane:
            try:
                yield lane
            finally:
                await _roll_back(lane)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Lane]:
        """A transaction: committed at the end of the block unless it was before, rolled back if the block raises."""
        async with self._lanes.writing() as lane:
            try:
                yield lane
                await lane.commit()
            except BaseException:
                await _roll_back(lane)
                raise

    async def transact(self, work: Callable[[Lane], Awaitable[T]]) -> T:
        """Run `work` as one transaction, from its beginning again where the database undid it for another's sake."""
        for attempt in range(1, ATTEMPTS):
            try:
                async with self.writing() as lane:
                    return await work(lane)
            except DBAPIError as error:
                if not self.dialect.wants_retry(error):
                    raise
            await pause(attempt)
        async with self.writing() as lane:
            return await work(lane)

    async def close(self) -> None:
        """Close every connection."""
        await self._lanes.close()


async def pause(attempt: int) -> None:
    """Two transactions that met once should not meet again."""
    await asyncio.sleep(uniform(0, PAUSE_SECONDS * attempt))  # noqa: S311 - no secret


async def _roll_back(lane: Lane) -> None:
    """Best effort: a connection that cannot roll back is thrown away."""
    try:
        await lane.rollback()
    except OUTAGES:
        await lane.throw_away()


async def is_alive(database: Database) -> bool:
    """Whether the database answers."""
    try:
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))
    except OUTAGES:
        return False
    return True
