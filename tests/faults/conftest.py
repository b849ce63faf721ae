"""Servers that end with their test, however it ends."""

import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from tests.faults.sqlite_rows import SqliteRows
from tests.services.mariadb import Mariadb

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.server import PROGRAM, Server

MakeServer = Callable[..., Server]


def make_server_on(
    request: pytest.FixtureRequest, make: MakeServer, store: str, settings: Mapping[str, str] = {}
) -> Server:
    """A server on a database of its own on the run's PostgreSQL or MariaDB."""
    service: Postgres | Mariadb = request.getfixturevalue(store)
    return make_server_with(service, make, settings)


def make_server_with(
    service: Postgres | Mariadb, make: MakeServer, settings: Mapping[str, str] = {}
) -> Server:
    """The same on a service that is the test's own."""
    url = service.make_database()
    subprocess.run([PROGRAM, "migrate", "--database-url", url], check=True, capture_output=True)
    server = make({**settings, "HUBBUB_DATABASE_URL": url})
    server.read = partial(service.rows, url.rpartition("/")[2])
    return server


@pytest_asyncio.fixture
async def make_server(tmp_path: Path) -> AsyncIterator[MakeServer]:
    """Gives `make_server(settings, data)`; all made are killed in the end."""
    made: list[Server] = []

    def make(settings: Mapping[str, str] = {}, data: Path = tmp_path / "data") -> Server:
        made.append(Server(data, settings))
        made[-1].read = SqliteRows(data)
        return made[-1]

    yield make
    for server in made:
        if not server.is_dead:
            await server.kill()
