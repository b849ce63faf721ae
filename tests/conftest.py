"""Real servers for the suites that need them: one process per set of settings, shared by all tests that name it.

`@pytest.mark.settings(HUBBUB_LIMITS_CROWD=2)` on a test or module chooses the settings; `stage` is the test's view of
that server. A test that stops, kills or restarts its server asks for `own_stage`.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from hubbub.testing.conversation import Stage
from hubbub.testing.server_process import ServerProcess

Settings = dict[str, str]
Start = Callable[[Settings], ServerProcess]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "settings(**variables): the environment of the test's server")


class Servers:
    """Servers by their settings, started when first asked for."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._running: dict[frozenset[tuple[str, str]], ServerProcess] = {}

    def get(self, settings: Settings) -> ServerProcess:
        key = frozenset(settings.items())
        server = self._running.get(key)
        if server is None:
            server = self._running[key] = ServerProcess(self._folder(), settings)
            server.start()
        return server

    def stop(self) -> None:
        for server in self._running.values():
            server.crash()


def settings_of(request: pytest.FixtureRequest) -> Settings:
    marks = list(request.node.iter_markers("settings"))
    return {name: str(value) for mark in reversed(marks) for name, value in mark.kwargs.items()}


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    running = Servers(lambda: tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
async def stage(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Stage]:
    """A stage on the shared server with the test's settings."""
    made = Stage(servers.get(settings_of(request)))
    yield made
    await made.ends()


@pytest.fixture
async def own_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage on a server of the test's own, which it may stop, kill and start again."""
    server = ServerProcess(tmp_path, settings_of(request))
    server.start()
    made = Stage(server)
    yield made
    await made.ends()
    if server.running:
        server.crash()
