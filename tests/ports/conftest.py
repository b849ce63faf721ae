"""Every implementation of the ports, each behind the same dispatcher: a suite takes `place` and runs on all.

The database servers' stores are migrated once a run and emptied for each test: making one takes longer than a test.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from tests.ports.requests import USERS
from tests.services.mariadb import Mariadb
from tests.services.stores import DATABASES, migrated

from hubbub.operate.cluster.postgres import Postgres
from hubbub.persist.engine import Database
from hubbub.persist.tables import metadata
from hubbub.testing.embedded import EmbeddedPlace, copied_store, embedded_place, migrated_store
from hubbub.testing.place import Place, memory_place

Make = Callable[[Path], URL]
Open = Callable[[Path], AbstractAsyncContextManager[Place]]
IMPLEMENTATIONS = ("memory", *DATABASES)


@asynccontextmanager
async def in_memory(_folder: Path) -> AsyncIterator[Place]:
    yield memory_place(*USERS)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_store(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    return migrated(postgres)


@pytest.fixture(scope="session")
def mariadb_url(mariadb: Mariadb) -> str:
    return migrated(mariadb)


def empty(connection: Connection) -> None:
    for table in metadata.tables.values():
        connection.execute(table.delete())


def made_by(request: pytest.FixtureRequest, name: str) -> Make:
    """Gives the URL of a store with nothing in it."""
    if name == "sqlite":
        template = request.getfixturevalue("template")
        return lambda folder: copied_store(template, folder).url
    url = make_url(request.getfixturevalue(f"{name}_url"))
    return lambda _folder: url


@asynccontextmanager
async def on_database(make: Make, folder: Path) -> AsyncIterator[EmbeddedPlace]:
    database = Database(make(folder))
    async with database.writing() as lane:
        await lane.run_sync(empty)
    async with embedded_place(database, *USERS) as place:
        yield place


@pytest.fixture(params=DATABASES)
def make_store(request: pytest.FixtureRequest) -> Make:
    return made_by(request, request.param)


@pytest.fixture(params=IMPLEMENTATIONS)
def opened(request: pytest.FixtureRequest) -> Open:
    """Opens an implementation with nothing in it but the users."""
    return in_memory if request.param == "memory" else partial(on_database, made_by(request, request.param))


@pytest.fixture
def stored(make_store: Make) -> Open:
    """Only those that keep something."""
    return partial(on_database, make_store)


@pytest.fixture
async def nodes(make_store: Make, tmp_path: Path) -> AsyncIterator[tuple[EmbeddedPlace, EmbeddedPlace]]:
    """Two nodes on one database, which share nothing else, not even a bus."""
    async with on_database(make_store, tmp_path) as one, embedded_place(Database(one.database.url)) as other:
        yield one, other


@pytest.fixture
async def place(opened: Open, tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path) as made:
        yield made
