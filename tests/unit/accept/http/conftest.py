from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.accept.http.world import Setup, World

from hubbub.testing.embedded import copied_store


@pytest.fixture
def setup() -> Setup:
    return Setup()


@pytest.fixture
async def world(template: Path, tmp_path: Path, setup: Setup) -> AsyncIterator[World]:
    database = copied_store(template, tmp_path)
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
