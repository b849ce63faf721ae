"""The references of bench/fanout: programs that send bytes to all of their connections when told to.

`floor.c` is the least it can cost, compiled where it runs, or a loop in Python where nothing compiles C; the others are
what a server in Python would do without Hubbub (load/broadcasts.py).
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from load.server import cpu_seconds

SOURCE = Path(__file__).with_name("floor.c")


IN_C = shutil.which("cc") is not None
FLOOR = "floor"


def _command(name: str, folder: Path) -> list[str]:
    """The program of the floor, which is C where that can be compiled, or of a broadcast."""
    if name != FLOOR:
        return [sys.executable, "-m", "load.broadcasts", name]
    if not IN_C:
        return [sys.executable, "-m", "load.floor_loop"]
    program = folder / FLOOR
    subprocess.run(["cc", "-O2", "-Wall", "-o", str(program), str(SOURCE)], check=True)
    return [str(program)]


class Reference:
    """A process with open connections that sends when told to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError("a reference ended")
        return line

    def ready(self) -> None:
        """Wait until all connections are there."""
        self._line()

    def send(self, octets: bytes) -> None:
        """The bytes to every connection; returns when all were sent."""
        assert self._process.stdin is not None
        self._process.stdin.write(octets.hex() + "\n")
        self._process.stdin.flush()
        self._line()

    def cpu(self) -> float:
        """Seconds."""
        return cpu_seconds(self._process.pid)


@contextmanager
def references(names: Sequence[str], folder: Path, connections: int) -> Iterator[dict[str, Reference]]:
    """The programs, running; what has to be compiled is so in `folder`."""
    with ExitStack() as running:
        yield {
            name: running.enter_context(_running([*_command(name, folder), str(connections)]))
            for name in names
        }


@contextmanager
def _running(program: Sequence[str]) -> Iterator[Reference]:
    process = subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=SOURCE.parents[1]
    )
    try:
        yield Reference(process)
    finally:
        process.kill()
        process.wait()
