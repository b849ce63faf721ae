"""Real servers for the suites that need them: one process per set of settings, shared by all tests that name it.

`@pytest.mark.settings(HUBBUB_LIMITS_CROWD=2)` on a test or module chooses the settings; `stage` is the test's view of
that server. A test that stops, kills or restarts its server asks for `own_stage`.

Plays on the server as it comes run on all four wires; those with settings or a server of their own take longer, and run on
WebSocket with JSON. `@pytest.mark.wires("tcp+json", …)` on a test or module names others, where the wire is the point.

`--nodes redis` (or nats) puts two nodes on one database and every other connection and request on the other node; there,
one wire is enough.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from tests.services.fixtures import nats, redis

from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Stage
from hubbub_conformance.wires import WEBSOCKET_JSON, WIRES, Wire

__all__ = ["nats", "redis"]  # fixtures of every suite

Settings = dict[str, str]
Start = Callable[[Settings], ServerProcess]


NODES = 2
SECRET = "the secret of all nodes of the tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nodes", choices=["one", "redis", "nats"], default="one", help="two nodes over this bus"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "settings(**variables): the environment of the test's server")
    config.addinivalue_line("markers", "wires(*names): the wires a play runs on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "wire" in metafunc.fixturenames:
        names = wires_of(metafunc)
        metafunc.parametrize("wire", [WIRES[name] for name in names], ids=names)


def wires_of(metafunc: pytest.Metafunc) -> tuple[str, ...]:
    marked = metafunc.definition.get_closest_marker("wires")
    if marked is not None:
        return marked.args
    slow = "own_stage" in metafunc.fixturenames or metafunc.definition.get_closest_marker("settings")
    many = metafunc.config.getoption("--nodes") != "one"
    return (WEBSOCKET_JSON.name,) if slow or many else tuple(WIRES)


class Servers:
    """Servers by their settings, started when first asked for: one, or with a bus two nodes of a cluster."""

    def __init__(self, folder: Callable[[], Path], bus: str) -> None:
        self._folder = folder
        self._bus = bus
        self._running: dict[frozenset[tuple[str, str]], list[ServerProcess]] = {}

    def get(self, settings: Settings) -> list[ServerProcess]:
        key = frozenset(settings.items())
        if key not in self._running:
            self._running[key] = [ServerProcess(self._folder(), each) for each in self._nodes(settings)]
            for server in self._running[key]:
                server.start()
        return self._running[key]

    def _nodes(self, settings: Settings) -> list[Settings]:
        if not self._bus:
            return [settings]
        shared = self._folder()
        joined = {
            "HUBBUB_BUS": self._bus,
            "HUBBUB_NAMESPACE": shared.name,
            "HUBBUB_DATABASE_URL": f"sqlite:///{shared / 'hubbub.db'}",
            "HUBBUB_AUTH_SECRET": SECRET,
        }
        return [settings | joined] * NODES

    def stop(self) -> None:
        for server in [each for nodes in self._running.values() for each in nodes]:
            server.crash()


def settings_of(request: pytest.FixtureRequest) -> Settings:
    marks = list(request.node.iter_markers("settings"))
    return {name: str(value) for mark in reversed(marks) for name, value in mark.kwargs.items()}


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    bus = request.config.getoption("--nodes")
    url = "" if bus == "one" else request.getfixturevalue(bus).url
    running = Servers(lambda: tmp_path_factory.mktemp("server"), url)
    yield running
    running.stop()


@pytest.fixture
async def stage(request: pytest.FixtureRequest, servers: Servers, wire: Wire) -> AsyncIterator[Stage]:
    """A stage on the shared server with the test's settings."""
    made = Stage(*servers.get(settings_of(request)), wire=wire)
    yield made
    await made.ends()


@pytest.fixture
async def own_stage(request: pytest.FixtureRequest, tmp_path: Path, wire: Wire) -> AsyncIterator[Stage]:
    """A stage on a server of the test's own, which it may stop, kill and start again."""
    server = ServerProcess(tmp_path, settings_of(request))
    server.start()
    made = Stage(server, wire=wire)
    yield made
    await made.ends()
    if server.running:
        server.crash()
