"""Connections to a database server: SQLAlchemy's asyncio layer over asyncpg or asyncmy, two pools (docs/adr/0007).

Transactions that write are READ COMMITTED: what they read after locking a head row is what was committed last. Queries
are REPEATABLE READ: those of one block see one state of the database.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hubbub.persist.failures import said
from hubbub.persist.lane import Lane, PooledLane
from hubbub.persist.pool import Gauge, Pool

log = structlog.get_logger("hubbub.database")

logging.getLogger("asyncmy").setLevel(
    logging.ERROR
)  # its warnings are about names of keys that MySQL does without
DRIVERS = {"postgresql": "postgresql+asyncpg", "mysql": "mysql+asyncmy", "mariadb": "mysql+asyncmy"}


def _in_one_line(record: logging.LogRecord) -> bool:
    """A pool's complaint about a connection that broke while it was closed or reset: it is thrown away, nobody has lost anything."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return True
    log.warning("a connection to the database broke and is thrown away", error=said(error))
    return False


logging.getLogger("sqlalchemy.pool.impl.AsyncAdaptedQueuePool").addFilter(_in_one_line)


class PooledLanes:
    """A pool that reads and one that writes. `gauge` counts both."""

    def __init__(self, url: URL, pool: Pool) -> None:
        self._pool = pool
        self.gauge = Gauge(pool.size + pool.overflow + pool.writers)
        self._read = _engine(url, pool, "REPEATABLE READ", pool.size, pool.overflow)
        self._write = _engine(url, pool, "READ COMMITTED", pool.writers, 0)
        self.engines: tuple[Engine, ...] = (self._write.sync_engine, self._read.sync_engine)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Lane]:
        """A lane for queries."""
        async with self._lent(self._read) as lane:
            yield lane

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Lane]:
        """A lane for a transaction; others write meanwhile."""
        async with self._lent(self._write) as lane:
            yield lane

    @asynccontextmanager
    async def _lent(self, engine: AsyncEngine) -> AsyncIterator[Lane]:
        with self.gauge.wait():
            connection = await engine.connect()
        self.gauge.in_use += 1
        try:
            yield PooledLane(connection, self._pool.statement_seconds or None)
        finally:
            self.gauge.in_use -= 1
            await connection.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._read.dispose()
        await self._write.dispose()


def _engine(url: URL, pool: Pool, isolation: str, size: int, overflow: int) -> AsyncEngine:
    driver = DRIVERS[url.get_backend_name()]
    return create_async_engine(
        url.set(drivername=driver),
        isolation_level=isolation,
        pool_size=size,
        max_overflow=overflow,
        pool_timeout=pool.timeout_seconds,
        pool_pre_ping=pool.pre_ping,
        pool_recycle=int(pool.recycle_seconds) or -1,
        pool_reset_on_return="rollback" if pool.reset else None,
        pool_use_lifo=True,
        hide_parameters=True,  # they hold messages
        connect_args=_CONNECT_ARGS[driver](pool),
    )


def _asyncpg(pool: Pool) -> Mapping[str, Any]:
    """A node that stops in mid-transaction must not hold head rows for longer than the others wait."""
    ms = str(int(pool.timeout_seconds * 1000))
    settings = {
        "application_name": "hubbub",
        "lock_timeout": ms,
        "idle_in_transaction_session_timeout": ms,
        "jit": "off",  # every statement is short
    }
    return {"timeout": pool.timeout_seconds, "server_settings": settings}


def _asyncmy(pool: Pool) -> Mapping[str, Any]:
    wait = max(1, round(pool.timeout_seconds))
    modes = "STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION"
    init = (
        f"SET SESSION sql_mode = '{modes}', innodb_lock_wait_timeout = {wait}"
        f" /*M!100300 , idle_transaction_timeout = {wait} */"
    )
    return {"charset": "utf8mb4", "connect_timeout": wait, "init_command": init}


_CONNECT_ARGS = {"postgresql+asyncpg": _asyncpg, "mysql+asyncmy": _asyncmy}
