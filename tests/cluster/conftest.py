"""Servers of several processes, and what they stand on; all end with their test, however it ends."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.faults.conftest import make_server
from tests.services.fixtures import mariadb, nats, postgres, redis

from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.service import running
from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Stage
from tests.conftest import Servers

__all__ = ["make_server", "mariadb", "nats", "postgres", "redis"]


@pytest.fixture(scope="module")
def own_redis() -> Iterator[Redis]:
    """A Redis of the module's own, which it may stop."""
    with running(Redis()) as service:
        yield service


@pytest.fixture(scope="module")
def two_nodes(
    request: pytest.FixtureRequest, own_redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[ServerProcess]]:
    """Nodes on one database and that Redis, with the module's `SETTINGS`."""
    running = Servers(lambda: tmp_path_factory.mktemp("node"), own_redis.url)
    yield running.get(request.module.SETTINGS)
    running.stop()


@pytest.fixture
async def two(two_nodes: list[ServerProcess]) -> AsyncIterator[Stage]:
    """A stage on both: the first connection of a play is to one node, the second to the other, and so on."""
    made = Stage(*two_nodes)
    yield made
    await made.ends()
