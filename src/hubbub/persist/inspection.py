"""What a database and a Redis say of themselves, for `hubbub doctor`: nothing is written, and no table is needed."""

import asyncio
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from hubbub.persist.engine import Database
from hubbub.persist.failures import OUTAGES
from hubbub.persist.shared_state import FAILURES

PATIENCE = 10.0  # seconds for one that may be far away
ASKED: Mapping[str, str] = {
    "postgresql": "SELECT current_setting('server_version'), current_setting('max_connections')",
    "mysql": "SELECT @@version, @@max_connections",
}
DIGITS = re.compile(r"\d+")


def _release(version: str) -> tuple[int, ...]:
    """15.6 (Debian 15.6-0) is (15, 6)."""
    return tuple(map(int, DIGITS.findall(version.split(" ", 1)[0].split("-", 1)[0])))


class DatabaseSays(Struct, frozen=True, kw_only=True):
    """`connections`: the most it takes, None where that means nothing; `risks`: see `Dialect.risks`."""

    version: str
    connections: int | None = None
    risks: tuple[str, ...] = ()

    @property
    def release(self) -> tuple[int, ...]:
        """Its version, to compare."""
        return _release(self.version)


class RedisSays(Struct, frozen=True, kw_only=True):
    """`maxmemory` in bytes, 0 for no bound; `policy`: what it does beyond."""

    version: str
    maxmemory: int
    policy: str

    @property
    def release(self) -> tuple[int, ...]:
        """Its version, to compare."""
        return _release(self.version)


async def inspect_database(url: str) -> DatabaseSays | None:
    """The database at `url` (empty: the embedded store); None if it does not answer."""
    if not url or make_url(url).get_backend_name() == "sqlite":
        return DatabaseSays(version=sqlite3.sqlite_version)
    database = Database(make_url(url))
    try:
        async with asyncio.timeout(PATIENCE), database.reading() as lane:
            risks = await lane.run_sync(database.dialect.risks)
            version, most = await lane.run_sync(_asked)
    except OUTAGES:
        return None
    finally:
        await database.close()
    return DatabaseSays(version=str(version), connections=int(most), risks=tuple(risks))


def _asked(connection: Connection) -> tuple[Any, Any]:
    name = "postgresql" if connection.dialect.name == "postgresql" else "mysql"
    version, most = connection.exec_driver_sql(ASKED[name]).one()
    return version, most


async def inspect_redis(url: str) -> RedisSays | None:
    """The Redis at `url`; None if it does not answer. INFO alone: managed ones refuse CONFIG."""
    redis: Any = Redis.from_url(url, decode_responses=True)
    try:
        async with asyncio.timeout(PATIENCE):
            told = await redis.info()
    except FAILURES:
        return None
    finally:
        await redis.aclose()
    return RedisSays(
        version=told["redis_version"], maxmemory=told["maxmemory"], policy=told["maxmemory_policy"]
    )
