"""People who use the Python SDK against a real server, and programs beside them."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hubbub.testing.server_process import ServerProcess
from hubbub_client.sync import Client
from tests.conftest import Servers

PASSWORD = "correct horse battery"
PATIENCE = 60.0
_names = itertools.count()

Person = Callable[..., Client]


def new_name(name: str) -> str:
    """A name nobody has yet at the shared server."""
    return f"{name}{next(_names)}-{os.getpid()}"


@pytest.fixture
def server(servers: Servers) -> ServerProcess:
    """The shared one; whoever fills a history may write faster than a person."""
    return servers.get({"HUBBUB_LIMITS_SEND_PER_SECOND": "1000", "HUBBUB_LIMITS_SEND_BURST": "1000"})[0]


@pytest.fixture
def person(server: ServerProcess) -> Iterator[Person]:
    """A new user, signed up and connected."""
    opened: list[Client] = []

    def one(name: str = "user") -> Client:
        client = Client(server.root)
        opened.append(client)
        client.sign_up(new_name(name), PASSWORD)
        return client

    yield one
    for client in opened:
        client.__exit__(None, None, None)


class Program:
    """A program of the repository, with nothing of the environment but what a shell gives."""

    def __init__(self, *command: str, folder: Path, **variables: str) -> None:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        self._process = subprocess.Popen(
            command, cwd=folder, env=outer | {"PASSWORD": PASSWORD} | variables,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def line(self) -> str:
        """Its next line."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ends(self, said: str = "") -> tuple[int, str, str]:
        """Status, output and errors, once it has ended by itself."""
        out, errors = self._process.communicate(said, timeout=PATIENCE)
        return self._process.returncode, out, errors

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Programs in a folder of the test's: `start("hubbub", …)`, or an example by its name."""
    started: list[Program] = []

    def one(name: str, *arguments: str, **variables: str) -> Program:
        examples = Path(__file__).parents[2] / "clients" / "python" / "examples"
        hubbub = str(Path(sys.executable).with_name("hubbub"))
        command = [hubbub] if name == "hubbub" else [sys.executable, str(examples / f"{name}.py")]
        started.append(Program(*command, *arguments, folder=tmp_path, **variables))
        return started[-1]

    yield one
    for program in started:
        if program.running:
            program.kill()
