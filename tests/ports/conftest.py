"""Every implementation of the ports, each behind the same dispatcher: a suite takes `place` and runs on all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.ports.requests import USERS

from hubbub.testing.embedded import copied_store, embedded_place, migrated_store
from hubbub.testing.place import Place, memory_place


@asynccontextmanager
async def in_memory(_template: Path, _folder: Path) -> AsyncIterator[Place]:
    yield memory_place(*USERS)


@asynccontextmanager
async def on_sqlite(template: Path, folder: Path) -> AsyncIterator[Place]:
    async with embedded_place(copied_store(template, folder), *USERS) as place:
        yield place


IMPLEMENTATIONS = {"memory": in_memory, "sqlite": on_sqlite}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_store(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def place(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> AsyncIterator[Place]:
    async with IMPLEMENTATIONS[request.param](template, tmp_path) as made:
        yield made
