"""The servers that tests stand on, one of each for a whole run, started when first asked for.

A conftest imports the fixtures it wants to give. A test that stops or freezes a server makes one of its own.
"""

from collections.abc import Iterator

import pytest
from tests.services.mariadb import Mariadb
from tests.services.nats import Nats

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.service import Service, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Service]:
    with running(Postgres()) as service:
        yield service


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Service]:
    with running(Mariadb()) as service:
        yield service


@pytest.fixture(scope="session")
def redis() -> Iterator[Service]:
    with running(Redis()) as service:
        yield service


@pytest.fixture(scope="session")
def nats() -> Iterator[Service]:
    with running(Nats()) as service:
        yield service
