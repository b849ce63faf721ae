from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.model.ports import Bounds
from hubbub.persist.engine import Database
from hubbub.testing.embedded import copied_store
from hubbub.testing.place import Place, memory_place


@pytest.fixture
async def database(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A real SQLite file, migrated."""
    database = copied_store(template, tmp_path)
    yield database
    await database.close()


@pytest.fixture
def place() -> Place:
    """Use cases without a database, under small bounds."""
    bounds = Bounds(content_chars=20, emoji_bytes=8, emoji_per_message=2, room_members=4, rooms_per_user=3)
    return memory_place("alice", "bob", "carol", "dave", "erin", bounds=bounds)
