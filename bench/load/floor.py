"""The reference of bench/fanout: `floor.c`, compiled where it runs, or a loop in Python where nothing compiles C."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load.server import cpu_seconds

SOURCE = Path(__file__).with_name("floor.c")


IN_C = shutil.which("cc") is not None


def _command(folder: Path) -> list[str]:
    """The floor's program: C where it can be compiled, else the loop in Python."""
    if not IN_C:
        return [sys.executable, "-m", "load.floor_loop"]
    program = folder / "floor"
    subprocess.run(["cc", "-O2", "-Wall", "-o", str(program), str(SOURCE)], check=True)
    return [str(program)]


class Floor:
    """A process with open connections that sends when told to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError("the floor ended")
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
def floor(folder: Path, connections: int) -> Iterator[Floor]:
    """The program, running; it is compiled in `folder`."""
    process = subprocess.Popen(
        [*_command(folder), str(connections)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=SOURCE.parents[1],
    )  # fmt: skip
    try:
        yield Floor(process)
    finally:
        process.kill()
        process.wait()
