"""The database: one async engine, opened with the durability the promises need.

SQLite: WAL and `synchronous=FULL`, so a commit is on the disk when it returns; one writing connection and a pool of
reading ones, so that a long read never waits behind the journal.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

CHECKPOINT_PAGES = 8_000  # 32 MB of log before it is folded into the file: fewer syncs, pages written once
CACHE_KIB = 16_384  # of each connection; the operating system caches the rest of the file
DATABASE_FILE = "hubbub.db"


def database_url(url: str, data: str) -> URL:
    """The setting `database_url`, or the embedded store inside the data folder."""
    if url:
        return make_url(url)
    return URL.create("sqlite+aiosqlite", database=str(Path(data) / DATABASE_FILE))


async def _roll_back(connection: AsyncConnection) -> None:
    """Best effort: a connection that cannot roll back is thrown away."""
    try:
        await connection.rollback()
    except (DBAPIError, OSError):
        await connection.invalidate()


@dataclass(frozen=True, slots=True)
class Pool:
    """Settings `database.*`: reading connections, and how long to wait for one or for a locked database."""

    size: int = 4
    overflow: int = 0
    timeout_seconds: float = 5.0


class Database:
    """Two engines on one database: `writing()` is one transaction at a time on SQLite, `reading()` is pooled."""

    def __init__(self, url: URL, pool: Pool | None = None) -> None:
        self.url = url
        pool = pool or Pool()
        self._writer = _engine(url, replace(pool, size=1, overflow=0), "BEGIN IMMEDIATE")
        self._reader = _engine(url, pool, "BEGIN")

    @property
    def writer(self) -> AsyncEngine:
        """The engine behind `writing()`."""
        return self._writer

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries only."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block unless it was before, rolled back if the block raises.

        On SQLite it holds the write lock from its first statement on.
        """
        async with self._writer.connect() as connection:
            try:
                yield connection
                await connection.commit()
            except BaseException:
                await _roll_back(connection)
                raise

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
        await self._reader.dispose()


def _engine(url: URL, pool: Pool, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=pool.size, max_overflow=pool.overflow, pool_timeout=pool.timeout_seconds
    )
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, begin, int(pool.timeout_seconds * 1000))
    return engine


def _prepare_sqlite(engine: AsyncEngine, begin: str, busy_ms: int) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # SQLAlchemy's "begin" event says BEGIN
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={busy_ms}",
            f"cache_size=-{CACHE_KIB}",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


async def is_alive(database: Database) -> bool:
    """Whether the database answers."""
    try:
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))
    except (DBAPIError, OSError, TimeoutError):
        return False
    return True
