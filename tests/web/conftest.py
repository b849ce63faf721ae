"""Chromium of the machine, real servers, and the web app built from this checkout."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.services.lacking import missing
from tests.web.visitor import Visitor

from hubbub.testing.server_process import ServerProcess

ROOT = Path(__file__).parents[2]
LEFT_BEHIND = ROOT / ".cache" / "web"  # pictures and traces of what failed
BUILD = ROOT / "web" / "packaging" / "build_app.py"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="package")
def app() -> None:
    """The web app is built, from the sources as they are now."""
    built = subprocess.run([sys.executable, str(BUILD)], capture_output=True, text=True, check=False)
    if built.returncode == 3:
        missing("npm")
    assert built.returncode == 0, built.stdout + built.stderr


@pytest.fixture(scope="module")
def chromium(app: None) -> Iterator[Browser]:
    """One browser for a module. Playwright runs a loop of its own while it lives, and no asynchronous test can run beside it."""
    path = shutil.which("chromium")
    if path is None:
        missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(
    app: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[ServerProcess]:
    """A real server for the tests of a module; `SETTINGS` there are its environment."""
    settings = getattr(request.module, "SETTINGS", {})
    running = ServerProcess(tmp_path_factory.mktemp("server"), settings)
    running.start()
    yield running
    if running.running:
        running.crash()


class Visitors:
    """The people of one test."""

    def __init__(self, chromium: Browser, server: ServerProcess) -> None:
        self._chromium = chromium
        self._server = server
        self.here: list[Visitor] = []

    def stranger(self, name: str, **options: object) -> Visitor:
        """Somebody with a browser and nothing else."""
        visitor = Visitor(self._chromium, self._server.root, name, **options)
        self.here.append(visitor)
        return visitor

    def comes(self, name: str, display_name: str = "", **options: object) -> Visitor:
        """Somebody who signs up."""
        return self.stranger(name, **options).visits().signs_up(display_name)


@pytest.fixture
def visitors(chromium: Browser, server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    """Browsers on the module's server. However a test ends, no page of it may have complained."""
    made = Visitors(chromium, server)
    yield made
    if request.node.stash.get(FAILED, False):
        for visitor in made.here:
            visitor.leaves_behind(LEFT_BEHIND / request.node.name)
    for visitor in made.here:
        visitor.context.close()
    assert [complaint for visitor in made.here for complaint in visitor.watch.complaints] == []
