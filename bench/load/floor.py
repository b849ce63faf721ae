"""The reference of bench/fanout: `floor.c`, compiled where it runs. Without a C compiler there is no floor."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load.server import cpu_seconds

SOURCE = Path(__file__).with_name("floor.c")


def compiled(folder: Path) -> Path:
    """The program. Raises SystemExit where nothing compiles C."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit(
            "bench/fanout compares with a C program and needs `cc` (Debian: apt-get install gcc libc6-dev)"
        )
    program = folder / "floor"
    subprocess.run([compiler, "-O2", "-Wall", "-o", str(program), str(SOURCE)], check=True)
    return program


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
def floor(program: Path, connections: int) -> Iterator[Floor]:
    """The program, running."""
    command = [str(program), str(connections)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Floor(process)
    finally:
        process.kill()
        process.wait()
