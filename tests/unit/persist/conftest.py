"""Real SQLite files: migrated once, copied for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.persist.engine import Database
from hubbub.testing.embedded import EmbeddedPlace, copied_store, embedded_place


@pytest.fixture
async def database(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    database = copied_store(template, tmp_path)
    yield database
    await database.close()


@pytest.fixture
async def place(database: Database) -> AsyncIterator[EmbeddedPlace]:
    """The engine behind a dispatcher; alice, bob and carol have accounts."""
    async with embedded_place(database, "alice", "bob", "carol") as made:
        yield made
