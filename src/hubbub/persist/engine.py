"""The database, opened with the durability the promises need.

SQLite: WAL and `synchronous=FULL`, so a commit is on the disk when it returns; one writing connection and several
reading ones, so that a long read never waits behind the journal.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from hubbub.persist.lane import Lane

CHECKPOINT_PAGES = 8_000  # 32 MB of log before it is folded into the file: fewer syncs, pages written once
WRITER_CACHE_KIB = 16_384
READER_CACHE_KIB = 2_048  # of each reader: the operating system caches the file once for all of them
DATABASE_FILE = "hubbub.db"


def database_url(url: str, data: str) -> URL:
    """The setting `database_url`, or the embedded store inside the data folder."""
    if url:
        return make_url(url)
    return URL.create("sqlite", database=str(Path(data) / DATABASE_FILE))


@dataclass(frozen=True, slots=True)
class Pool:
    """Settings `database.*`: reading connections, and how long to wait for one or for a locked database."""

    size: int = 4
    overflow: int = 0
    timeout_seconds: float = 5.0


class Database:
    """`writing()` is one transaction at a time, `reading()` is pooled. Both raise SQLAlchemy's errors."""

    def __init__(self, url: URL, pool: Pool | None = None) -> None:
        self.url = url
        self._pool = pool or Pool()
        writing = _engine(url, self._pool, "BEGIN IMMEDIATE", WRITER_CACHE_KIB)
        self._reading = _engine(url, self._pool, "BEGIN", READER_CACHE_KIB)
        self.engines = (writing, self._reading)
        self._writer = Lane(writing, "database writer")
        self._turn = asyncio.Lock()
        self._readers: list[Lane] = []
        self._free: asyncio.LifoQueue[Lane] = asyncio.LifoQueue()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Lane]:
        """A connection for queries only, which all see the same state of the database. Raises TimeoutError."""
        lane = await self._reader()
        try:
            yield lane
        finally:
            try:
                await _roll_back(lane)
            finally:
                self._free.put_nowait(lane)

    async def _reader(self) -> Lane:
        """The reader used last, a new one while there may be more, or the next that is given back."""
        if self._free.empty() and len(self._readers) < self._pool.size + self._pool.overflow:
            lane = Lane(self._reading, f"database reader {len(self._readers)}")
            self._readers.append(lane)
            return lane
        async with asyncio.timeout(self._pool.timeout_seconds):
            return await self._free.get()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Lane]:
        """A transaction: committed at the end of the block unless it was before, rolled back if the block raises.

        On SQLite it holds the write lock from its first statement on.
        """
        async with self._turn:
            try:
                yield self._writer
                await self._writer.commit()
            except BaseException:
                await _roll_back(self._writer)
                raise

    async def close(self) -> None:
        """Close every connection."""
        for lane in (self._writer, *self._readers):
            await lane.close()


async def _roll_back(lane: Lane) -> None:
    """Best effort: a connection that cannot roll back is thrown away."""
    try:
        await lane.rollback()
    except (DBAPIError, OSError):
        await lane.throw_away()


def _engine(url: URL, pool: Pool, begin: str, cache_kib: int) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"check_same_thread": False})
    _prepare_sqlite(engine, begin, int(pool.timeout_seconds * 1000), cache_kib)
    return engine


def _prepare_sqlite(engine: Engine, begin: str, busy_ms: int, cache_kib: int) -> None:
    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" event says BEGIN
        for pragma in (
            f"busy_timeout={busy_ms}",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"cache_size=-{cache_kib}",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")


async def is_alive(database: Database) -> bool:
    """Whether the database answers."""
    try:
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))
    except (DBAPIError, OSError, TimeoutError):
        return False
    return True
