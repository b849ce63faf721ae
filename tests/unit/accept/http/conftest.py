from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.accept.http.world import Setup, World

from hubbub.persist.engine import Database, database_url
from hubbub.persist.migrate import ensure_current


@pytest.fixture
def setup() -> Setup:
    return Setup()


@pytest.fixture
async def world(tmp_path: Path, setup: Setup) -> AsyncIterator[World]:
    database = Database(database_url("", str(tmp_path)))
    await ensure_current(database)
    world = World(database, setup)
    await world.revocations.load()
    yield world
    await world.close()
    await database.close()


@pytest.fixture
async def alice(world: World) -> World:
    """A world in which the client is alice's."""
    tokens = await world.sign_up()
    world.http.headers["authorization"] = f"Bearer {tokens['token']}"
    return world
