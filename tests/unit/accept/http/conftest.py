from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.persist.engine import Database, database_url
from hubbub.persist.migrate import ensure_current
from tests.unit.accept.http.world import Setup, World


@pytest.fixture
def setup() -> Setup:
    return Setup()


@pytest.fixture
async def world(tmp_path: Path, setup: Setup) -> AsyncIterator[World]:
    database = Database(database_url("", str(tmp_path)))
    await ensure_current(database)
    world = World(database, setup.auth, setup.limits, setup.policy)
    await world.parts.revocations.load()
    yield world
    await world.close()
    await database.close()


@pytest.fixture
async def alice(world: World) -> AsyncIterator[World]:
    """A world in which the client is alice's."""
    tokens = await world.sign_up()
    world.http.headers["authorization"] = f"Bearer {tokens['token']}"
    yield world
