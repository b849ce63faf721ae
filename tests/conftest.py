"""Real servers for the suites that need them: one process per set of settings, shared by all tests that name it.

`@pytest.mark.settings(HUBBUB_LIMITS_CROWD=2)` on a test or module chooses the settings; `stage` is the test's view of
that server. A test that stops, kills or restarts its server asks for `own_stage`. Plays marked `every_store` are played
on the embedded store, on PostgreSQL and on MariaDB: those in which the store has a say. The others would only repeat
what they prove of sockets, envelopes and limits.

Plays on the server as it comes run on all four wires; those with settings or a server of their own take longer, and run on
WebSocket with JSON. `@pytest.mark.wires("tcp+json", …)` on a test or module names others, where the wire is the point.

The servers log every request, and at the end of the run nothing that was said to them may stand in their logs.

`--nodes redis` (or nats) puts two nodes on one database and every other connection and request on the other node; there,
one wire is enough.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.overheard import Overheard
from tests.services.fixtures import mariadb, nats, postgres, redis
from tests.services.lacking import missing
from tests.services.stores import DATABASES, make_store, settings_for

from hubbub.operate.cluster.service import MissingError
from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Stage
from hubbub_conformance.wires import WEBSOCKET_JSON, WIRES, Wire

__all__ = ["mariadb", "nats", "postgres", "redis"]  # fixtures of every suite

Settings = dict[str, str]
Start = Callable[[Settings], ServerProcess]


NODES = 2
LOGGED = {"HUBBUB_LOG_REQUESTS": "all", "HUBBUB_LOG_LINES_PER_SECOND": "0"}
SECRET = "the secret of all nodes of the tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nodes", choices=["one", "redis", "nats"], default="one", help="two nodes over this bus"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "settings(**variables): the environment of the test's server")
    config.addinivalue_line("markers", "wires(*names): the wires a play runs on")
    config.addinivalue_line(
        "markers", "every_store: played on every database, not on the embedded store only"
    )
    config.addinivalue_line("markers", "inside: looks at the server's own files or internal port")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    with _without_what_is_missing():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    with _without_what_is_missing():
        return (yield)


@contextmanager
def _without_what_is_missing() -> Iterator[None]:
    try:
        yield
    except MissingError as error:
        missing(str(error))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "played_on" in metafunc.fixturenames:
        places = [*((name, DATABASES[0]) for name in wires_of(metafunc)), *elsewhere(metafunc)]
        values = [(WIRES[name], database) for name, database in places]
        ids = [name if database == DATABASES[0] else database for name, database in places]
        metafunc.parametrize(("wire", "played_on"), values, ids=ids)
    elif "wire" in metafunc.fixturenames:
        names = wires_of(metafunc)
        metafunc.parametrize("wire", [WIRES[name] for name in names], ids=names)


def elsewhere(metafunc: pytest.Metafunc) -> list[tuple[str, str]]:
    """On other databases one wire is enough: what they have to do with each other is nothing."""
    if metafunc.definition.get_closest_marker("every_store") is None:
        return []
    return [(WEBSOCKET_JSON.name, database) for database in DATABASES[1:]]


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
        self.overheard = Overheard()
        self._running: dict[tuple[str, frozenset[tuple[str, str]]], list[ServerProcess]] = {}

    def get(
        self, settings: Settings, store: str = DATABASES[0], url: Callable[[], str] = str
    ) -> list[ServerProcess]:
        """The servers with these settings; `url` makes their store where they do not make it for themselves."""
        key = (store, frozenset(settings.items()))
        if key not in self._running:
            nodes = self._nodes(LOGGED | settings, url())
            self._running[key] = [ServerProcess(self._folder(), each) for each in nodes]
            for server in self._running[key]:
                server.start()
        return self._running[key]

    def _nodes(self, settings: Settings, url: str) -> list[Settings]:
        if not self._bus:
            return [settings | settings_for(url)]
        shared = self._folder()
        joined = {
            "HUBBUB_BUS": self._bus,
            "HUBBUB_NAMESPACE": shared.name,
            "HUBBUB_DATABASE_URL": url or f"sqlite:///{shared / 'hubbub.db'}",
            "HUBBUB_AUTH_SECRET": SECRET,
        }
        return [settings | joined] * NODES

    def stop(self) -> None:
        running = [each for nodes in self._running.values() for each in nodes]
        for server in running:
            server.crash()
        assert [found for server in running for found in self.overheard.found_in(server.log)] == []


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
def playing(request: pytest.FixtureRequest, servers: Servers, played_on: str) -> list[ServerProcess]:
    """The shared servers with the test's settings."""
    return servers.get(settings_of(request), played_on, lambda: make_store(request, played_on))


@pytest.fixture
async def stage(playing: list[ServerProcess], servers: Servers, wire: Wire) -> AsyncIterator[Stage]:
    """A stage on the shared server with the test's settings."""
    made = Stage(*playing, wire=wire)
    servers.overheard.listen(made)
    yield made
    await made.ends()


@pytest.fixture
def own_server(request: pytest.FixtureRequest, tmp_path: Path, played_on: str) -> Iterator[ServerProcess]:
    """A server of the test's own."""
    made = ServerProcess(tmp_path, settings_of(request) | settings_for(make_store(request, played_on)))
    made.start()
    yield made
    if made.running:
        made.crash()


@pytest.fixture
async def own_stage(own_server: ServerProcess, wire: Wire) -> AsyncIterator[Stage]:
    """A stage on a server of the test's own, which it may stop, kill and start again."""
    made = Stage(own_server, wire=wire)
    yield made
    await made.ends()
