"""The servers that tests stand on, one of each for a whole run, started when first asked for.

A conftest imports the fixtures it wants to give. A test that stops or freezes a server makes one of its own.
"""

from collections.abc import Iterator

import pytest
from tests.services.mariadb import Mariadb
from tests.services.nats import Nats

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.service import Service


def running(service: Service) -> Iterator[Service]:
    """The service, started, and discarded in the end."""
    try:
        service.start()
        yield service
    finally:
        service.discard()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Service]:
    yield from running(Postgres())


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Service]:
    yield from running(Mariadb())


@pytest.fixture(scope="session")
def redis() -> Iterator[Service]:
    yield from running(Redis())


@pytest.fixture(scope="session")
def nats() -> Iterator[Service]:
    yield from running(Nats())
