from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.persist.engine import Database, database_url
from hubbub.persist.migrate import ensure_current


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A real SQLite file, migrated."""
    database = Database(database_url("", str(tmp_path)))
    await ensure_current(database)
    yield database
    await database.close()
