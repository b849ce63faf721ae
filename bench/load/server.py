"""A real `hubbub serve` in a process of its own, and what the kernel and the server itself say about it."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from load.world import SECRET

START_SECONDS = 60
STOP_SECONDS = 30
STILL_SECONDS = 0.25
IDLE = 0.1  # of a core: the ticks of a server whose work is done
PATIENCE = 240  # looks, so long apart

LIFTED = {
    "HUBBUB_AUTH_SECRET": SECRET,
    "HUBBUB_LOG_FORMAT": "json",
    "HUBBUB_LIMITS_SEND_PER_SECOND": "0",
    "HUBBUB_LIMITS_REQUESTS_PER_SECOND": "0",
    "HUBBUB_LIMITS_CONNECTIONS_PER_USER": "0",
    "HUBBUB_LIMITS_CONNECTIONS_PER_ADDRESS": "0",
    "HUBBUB_DRAIN_SECONDS": "0",
}
"""A machine full of clients at one address is what the limits are there to stop."""
NO_PINGS = {"HUBBUB_HEARTBEAT_MS": "3600000"}
"""For benches whose clients only listen: frames of a known kind, and nothing else, arrive."""


def cpu_seconds(process: int) -> float:
    """User and system time of a process since its start: /proc/<pid>/stat's sum, in nanoseconds instead of ticks."""
    return time.clock_gettime(~process << 3 | _SCHEDULED)


_SCHEDULED = 2  # the clock id of another process: clock_getcpuclockid(3), linux/posix-timers.h


def cpu_of(processes: Iterable[int]) -> float:
    """Seconds of these processes."""
    return sum(map(cpu_seconds, processes))


def children(process: int) -> list[int]:
    """The processes it started (proc(5): task/<tid>/children)."""
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def resident_bytes(process: int) -> int:
    """VmRSS of a process (proc(5): status)."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"no VmRSS of process {process}")
    return int(found[1]) * 1024


class Server:
    """One running server. `port` is its public port on 127.0.0.1."""

    def __init__(self, process: subprocess.Popen[str], public: str, internal: str) -> None:
        self.pid = process.pid
        self.port = urlsplit(public).port or 0
        self._internal = internal
        self._process = process

    def cpu(self) -> float:
        """Seconds."""
        return cpu_seconds(self.pid)

    def loop_cpu(self) -> float:
        """Seconds of the thread that runs the event loop; the others talk to the database."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[0]) / 1e9

    def rss(self) -> int:
        """Bytes."""
        return resident_bytes(self.pid)

    def counters(self) -> Mapping[str, float]:
        """`hubbub_*` of /metrics by their names after `hubbub_`, those with labels added up."""
        with urllib.request.urlopen(f"{self._internal}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        counters: defaultdict[str, float] = defaultdict(float)
        for name, value in re.findall(r"^hubbub_(\w+)(?:\{.*\})? (\S+)$", text, re.MULTILINE):
            counters[name] += float(value)
        return counters

    def quiet(self) -> None:
        """Wait until what was begun is done."""
        for _ in range(PATIENCE):
            cpu = self.cpu()
            time.sleep(STILL_SECONDS)
            if self.cpu() - cpu < IDLE * STILL_SECONDS:
                return

    def kill(self) -> None:
        """With -9."""
        self._process.kill()
        self._process.wait()

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None


@contextmanager
def serving(
    data: Path, settings: Mapping[str, str] | None = None, patience: float = START_SECONDS, port: int = 0
) -> Iterator[Server]:
    """A server on `data` and free ports (or this public one), up within `patience` seconds, stopped at the end; its log is `data/server.log`."""
    command = [str(Path(sys.executable).with_name("hubbub")), "serve"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--internal-port", "0", "--data", str(data)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    environment |= LIFTED | dict(settings or {})
    path = data / "server.log"
    with path.open("w") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, text=True)
    try:
        with path.open() as log:
            public, internal = _addresses(process, log, patience)
        yield Server(process, public, internal)
    finally:
        _stop(process)


def _addresses(process: "subprocess.Popen[str]", log: IO[str], patience: float) -> tuple[str, str]:
    deadline = time.monotonic() + patience
    said = ""
    while time.monotonic() < deadline and process.poll() is None:
        said += log.read()
        for line in said.splitlines():
            if '"message":"serving"' in line and line.endswith("}"):
                found = json.loads(line)
                return found["url"], found["internal"]
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start: {said}")


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
