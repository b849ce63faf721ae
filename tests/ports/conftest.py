"""Every implementation of the ports, each behind the same dispatcher: a suite takes `place` and runs on all.

The database servers' stores are migrated once a run and emptied for each test: making one takes longer than a test.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from tests.ports.requests import USERS
from tests.services.fixtures import mariadb, postgres
from tests.services.mariadb import Mariadb
from tests.services.postgres import Postgres

from hubbub.persist.engine import Database
from hubbub.persist.migrate import upgrade
from hubbub.persist.tables import metadata
from hubbub.testing.embedded import copied_store, embedded_place, migrated_store
from hubbub.testing.place import Place, memory_place

__all__ = ["mariadb", "postgres"]

Open = Callable[[Path], AbstractAsyncContextManager[Place]]
DATABASES = ("mariadb", "postgres", "sqlite")
IMPLEMENTATIONS = ("memory", *DATABASES)


@asynccontextmanager
async def in_memory(_folder: Path) -> AsyncIterator[Place]:
    yield memory_place(*USERS)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_store(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    return migrated(postgres.make_database())


@pytest.fixture(scope="session")
def mariadb_url(mariadb: Mariadb) -> str:
    return migrated(mariadb.make_database())


def migrated(url: str) -> str:
    upgrade(url)
    return url


def empty(connection: Connection) -> None:
    for table in metadata.tables.values():
        connection.execute(table.delete())


def opened_by(request: pytest.FixtureRequest, name: str) -> Open:
    """Opens an implementation with nothing in it but the users."""
    if name == "memory":
        return in_memory
    if name == "sqlite":
        template = request.getfixturevalue("template")
        return lambda folder: embedded_place(copied_store(template, folder), *USERS)
    url = request.getfixturevalue(f"{name}_url")

    @asynccontextmanager
    async def on_server(_folder: Path) -> AsyncIterator[Place]:
        database = Database(make_url(url))
        async with database.writing() as lane:
            await lane.run_sync(empty)
        async with embedded_place(database, *USERS) as place:
            yield place

    return on_server


@pytest.fixture(params=IMPLEMENTATIONS)
def opened(request: pytest.FixtureRequest) -> Open:
    return opened_by(request, request.param)


@pytest.fixture(params=DATABASES)
def stored(request: pytest.FixtureRequest) -> Open:
    """Only those that keep something."""
    return opened_by(request, request.param)


@pytest.fixture
async def place(opened: Open, tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path) as made:
        yield made
