"""The embedded store's connections: SQLite in threads of our own (docs/adr/0006).

WAL and `synchronous=FULL`, so a commit is on the disk when it returns; one writing connection and several reading ones,
so that a long read never waits behind the journal. Processes of one machine may share the file: BEGIN IMMEDIATE takes
the write lock, and waits for it, before anything is read that a write is decided by.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from hubbub.persist.lane import Lane, ThreadLane
from hubbub.persist.pool import Gauge, Pool

CHECKPOINT_PAGES = 8_000  # 32 MB of log before it is folded into the file: fewer syncs, pages written once
WRITER_CACHE_KIB = 16_384  # of all writers together: only one of them writes at a time
SWITCH_AGAIN_SECONDS = 0.01
LOCK_WAIT_SECONDS = 0.001  # SQLite's first pause where the file is locked: what took less did not wait
READER_CACHE_KIB = 2_048  # of each reader: the operating system caches the file once for all of them


class EmbeddedLanes:
    """One writing lane, and reading ones as they are needed."""

    def __init__(self, url: URL, pool: Pool) -> None:
        self._pool = pool
        self.gauge = Gauge(pool.size + pool.overflow + 1)
        self._lock_wait = 0.0
        cache_kib = max(WRITER_CACHE_KIB // pool.processes, READER_CACHE_KIB)
        writing = _engine(url, pool, "BEGIN IMMEDIATE", cache_kib, self._locked)
        self._reading = _engine(url, pool, "BEGIN", READER_CACHE_KIB, lambda _: None)
        self.engines: tuple[Engine, ...] = (writing, self._reading)
        self._writer = ThreadLane(writing, "database writer")
        self._turn = asyncio.Lock()
        self._readers: list[ThreadLane] = []
        self._free: asyncio.LifoQueue[ThreadLane] = asyncio.LifoQueue()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Lane]:
        """A lane for queries, which see one state of the database until they are rolled back."""
        lane = await self._reader()
        self.gauge.in_use += 1
        try:
            yield lane
        finally:
            self.gauge.in_use -= 1
            self._free.put_nowait(lane)

    async def _reader(self) -> ThreadLane:
        """The reader used last, a new one while there may be more, or the next that is given back."""
        if self._free.empty() and len(self._readers) < self._pool.size + self._pool.overflow:
            lane = ThreadLane(self._reading, f"database reader {len(self._readers)}")
            self._readers.append(lane)
            return lane
        with self.gauge.wait():
            async with asyncio.timeout(self._pool.timeout_seconds):
                return await self._free.get()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Lane]:
        """The writing lane, one user after the other; its transaction holds the write lock from the first statement."""
        if self._turn.locked():
            with self.gauge.wait():
                await self._turn.acquire()
        else:
            await self._turn.acquire()
        self.gauge.in_use += 1
        try:
            yield self._writer
        finally:
            self.gauge.in_use -= 1
            self._tell_lock_wait()
            self._turn.release()

    def _locked(self, seconds: float) -> None:
        """The write lock was waited for. In the writer's thread, while the gauge is the event loop's."""
        self._lock_wait = seconds

    def _tell_lock_wait(self) -> None:
        waited, self._lock_wait = self._lock_wait, 0.0
        if waited >= LOCK_WAIT_SECONDS:
            self.gauge.waits.observe(waited)

    async def close(self) -> None:
        """Close every connection."""
        for lane in (self._writer, *self._readers):
            await lane.close()


def _engine(url: URL, pool: Pool, begin: str, cache_kib: int, began: Callable[[float], None]) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"check_same_thread": False})
    _begin_with(engine, begin, began)
    _prepare(engine, int(pool.timeout_seconds * 1000), cache_kib)
    return engine


def _begin_with(engine: Engine, begin: str, began: Callable[[float], None]) -> None:
    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        start = perf_counter()
        try:
            connection.exec_driver_sql(begin)
        finally:
            began(perf_counter() - start)


def _prepare(engine: Engine, busy_ms: int, cache_kib: int) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" event says BEGIN
        for pragma in (
            f"busy_timeout={busy_ms}",
            "synchronous=FULL",
            f"cache_size=-{cache_kib}",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _log_ahead(connection, busy_ms)


def _log_ahead(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Switch a new file to WAL. Where several start at once, SQLite does not wait for the others by itself here."""
    deadline = time.monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(SWITCH_AGAIN_SECONDS)
        else:
            return
