"""The plays, asked of a server that is there already: its addresses are options of pytest.

Left out is what no server at a URL can be asked for: other settings, a restart, and plays that look inside ours.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubbub_conformance.conversation import Stage
from hubbub_conformance.wires import WIRES, Wire

LOOKS_INSIDE = re.compile(r"^(from|import) hubbub\b", re.MULTILINE)


@dataclass(frozen=True)
class Target:
    """Where the server is. `root` is its HTTP address without a path."""

    root: str
    websocket: str
    tcp: str

    @property
    def http(self) -> str:
        """The root of its API."""
        return f"{self.root}/api/v1"

    def speaks(self, wire: Wire) -> bool:
        """Whether there is an address for this wire."""
        return bool(self.tcp if wire.is_tcp else self.websocket)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The addresses."""
    group = parser.getgroup("hubbub")
    group.addoption("--http", required=True, help="the server's HTTP address, as http://127.0.0.1:8080")
    group.addoption("--ws", default="", help="its WebSocket URL, as ws://127.0.0.1:8080/ws")
    group.addoption("--tcp", default="", help="its framed TCP port, as 127.0.0.1:8082")


def pytest_configure(config: pytest.Config) -> None:
    """The marks the plays carry."""
    config.addinivalue_line("markers", "settings(**variables): needs a server with these settings")
    config.addinivalue_line("markers", "wires(*names): the wires a play runs on")
    config.addinivalue_line("markers", "every_store: of the suite the plays come from")
    config.addinivalue_line("markers", "inside: looks at the server's own files or internal port")


def target_of(config: pytest.Config) -> Target:
    """The server that was named."""
    return Target(config.getoption("--http").rstrip("/"), config.getoption("--ws"), config.getoption("--tcp"))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out plays that import the server."""
    if collection_path.suffix == ".py" and LOOKS_INSIDE.search(collection_path.read_text()):
        return True
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each play on each wire it is about and the server speaks."""
    if "wire" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("wires")
        names = [
            name
            for name in (marked.args if marked is not None else WIRES)
            if target_of(metafunc.config).speaks(WIRES[name])
        ]
        metafunc.parametrize("wire", [WIRES[name] for name in names], ids=names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a server of its own."""
    mine = [each for each in items if not _needs_its_own(each)]
    config.hook.pytest_deselected(items=[each for each in items if each not in mine])
    items[:] = mine


def _needs_its_own(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) is not None for name in ("settings", "inside"))
    return marked or "own_stage" in getattr(item, "fixturenames", ())


@pytest.fixture
async def stage(request: pytest.FixtureRequest, wire: Wire) -> AsyncIterator[Stage]:
    """The play's view of the server."""
    made = Stage(target_of(request.config), wire=wire)
    yield made
    await made.ends()
