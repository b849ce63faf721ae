"""The embedded store for tests: migrated once, copied for each test, because a migration takes longer than a test."""

import asyncio
import shutil
from pathlib import Path

from hubbub.persist.engine import DATABASE_FILE, Database, database_url
from hubbub.persist.migrate import ensure_current


def migrated_store(folder: Path) -> Path:
    """A closed, migrated store in `folder`, to be copied. Runs its own event loop."""
    asyncio.run(_migrate(folder))
    return folder / DATABASE_FILE


async def _migrate(folder: Path) -> None:
    database = Database(database_url("", str(folder)))
    await ensure_current(database)
    await database.close()


def copied_store(template: Path, folder: Path, *, pool_size: int = 4) -> Database:
    """A database of one's own."""
    shutil.copy(template, folder / DATABASE_FILE)
    return Database(database_url("", str(folder)), pool_size=pool_size)
