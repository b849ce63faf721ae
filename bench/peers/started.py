"""Servers of the protocols, started here on loopback for as long as the load runs."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from load.server import NO_PINGS, serving
from load.world import Room, build, token_of

SERVERS = Path(__file__).parent / "servers"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Started:
    """Where it is, its process, and what it is spoken to in; `tokens` are those of the connections."""

    url: str
    pid: int
    protocol: str
    tokens: list[str]


@contextmanager
def _hubbub(folder: Path, rooms: list[Room], connections: int) -> Iterator[Started]:
    build(folder / "hubbub", connections, rooms)
    with serving(folder / "hubbub", NO_PINGS) as server:
        yield Started(
            f"ws://127.0.0.1:{server.port}", server.pid, "hubbub", list(map(token_of, range(connections)))
        )


@contextmanager
def _program(command: list[str], protocol: str, connections: int) -> Iterator[Started]:
    """A program that prints its port, and serves until it is ended."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"{' '.join(command)} did not start")
        yield Started(f"ws://127.0.0.1:{port}", process.pid, protocol, [""] * connections)
    finally:
        process.terminate()
        process.wait()


def _broadcast(_folder: Path, _rooms: list[Room], connections: int) -> AbstractContextManager[Started]:
    return _program([sys.executable, str(SERVERS / "broadcast.py")], "broadcast", connections)


def _socketio(_folder: Path, _rooms: list[Room], connections: int) -> AbstractContextManager[Started]:
    return _program(["node", str(SERVERS / "socketio.mjs")], "socketio", connections)


def _centrifuge(folder: Path, _rooms: list[Room], connections: int) -> AbstractContextManager[Started]:
    go, program = shutil.which("go"), folder / "centrifuge"
    if go is None:
        raise SystemExit("go is missing, which builds the server on centrifuge")
    subprocess.run([go, "build", "-o", str(program), "."], cwd=SERVERS / "centrifuge", check=True)
    return _program([str(program)], "centrifugo", connections)


STARTED: Mapping[str, Callable[[Path, list[Room], int], AbstractContextManager[Started]]] = {
    "broadcast": _broadcast,
    "socketio": _socketio,
    "hubbub": _hubbub,
    "centrifuge": _centrifuge,
}
"""Which can be started here (socketio: after `make node`; centrifuge: where there is Go, which fetches and builds it)."""
EVERYWHERE = ("broadcast", "socketio", "hubbub")
"""Those that need no more than `make setup node`. The first is what the others are compared with."""
