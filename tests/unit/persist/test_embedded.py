"""The embedded store says how long its writers waited: for their turn, and for the file, which other processes write too."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from hubbub.persist.engine import Database
from hubbub.persist.pool import Pool

NOTHING = text("SELECT 1")
PATIENCE = 0.1


async def write(database: Database) -> None:
    async with database.writing() as lane:
        await lane.execute(NOTHING)


def waits(database: Database, beyond: str = "0") -> int:
    """How many were counted, of those that took longer than a bucket's bound (s)."""
    buckets = dict(database.gauge.waits.buckets())
    return buckets["+Inf"] - buckets.get(beyond, 0)


async def test_who_waits_for_their_turn_is_counted(tmp_path: Path) -> None:
    database = Database(make_url(f"sqlite:///{tmp_path / 'h.db'}"))
    async with database.writing() as lane:
        await lane.execute(NOTHING)
        others = [asyncio.ensure_future(write(database)) for _ in range(3)]
        while database.gauge.waiting < len(others):
            await asyncio.sleep(0)
        assert waits(database) == 0
    await asyncio.gather(*others)
    assert waits(database) >= len(others)
    assert (database.gauge.waiting, database.gauge.in_use) == (0, 0)
    await database.close()


async def test_the_wait_for_a_file_that_another_process_writes_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    database = Database(make_url(f"sqlite:///{path}"), Pool(timeout_seconds=PATIENCE))
    await write(database)  # a new file is switched to its log first
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await write(database)
    assert waits(database, beyond="0.05") == 1
    other.execute("ROLLBACK")
    other.close()
    await write(database)
    await database.close()
