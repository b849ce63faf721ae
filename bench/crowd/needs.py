"""What the machine must allow before so many connections are tried: asked first, so that nothing fails in the middle."""

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc/sys")
PER_CONNECTION = 15_500  # bytes, kernel and both ends: bench/records/million-*.json
PER_WORKER = 95 << 20  # bytes a worker has for itself
SPARE = 1_200 << 20  # bytes for everything else: beyond them nobody more is let in


@dataclass(frozen=True)
class Need:
    """One thing asked of the machine. `remedy` is what to type as root."""

    name: str
    found: int
    least: int
    why: str
    remedy: str

    @property
    def met(self) -> bool:
        """Whether there is enough of it."""
        return self.found >= self.least

    def __str__(self) -> str:
        verdict = "enough" if self.met else f"TOO LITTLE, {self.least:,} are needed: {self.remedy}"
        return f"{self.name} = {self.found:,} ({self.why}): {verdict}"


def open_files() -> int:
    """How many files one process may have open here."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def needs(connections: int, workers: int, files: int, per_address: int) -> Iterator[Need]:
    """All of them, for so many connections and workers, of `files` open files each."""
    ends = 2 * connections
    yield Need("open files of a process", open_files(), files, "each connection is one, on either side",
               f"ulimit -Hn {files}")  # fmt: skip
    for name, least, which, why in (
        ("fs/file-max", ends + 100_000, _first, "both ends of every connection are open files"),
        ("fs/epoll/max_user_watches", ends, _first, "both ends are watched"),
        ("net/core/somaxconn", 1_024, _first, "connections that wait to be accepted"),
        ("net/ipv4/tcp_mem", connections // 4, _last, "pages for what is on its way"),
        ("net/ipv4/ip_local_port_range", 2 * per_address, _span, "ports of one client address"),
    ):
        yield from _setting(name, least, which, why)
    if _tracks_connections():
        yield from _setting(
            "net/netfilter/nf_conntrack_max", ends, _first, "connections the packet filter remembers"
        )
    memory = connections * PER_CONNECTION + workers * PER_WORKER + SPARE
    yield Need(
        "memory available, MiB", available() >> 20, memory >> 20, "kernel and both ends", "a larger machine"
    )


def _setting(name: str, least: int, which: Callable[[list[int]], int], why: str) -> Iterator[Need]:
    """One of /proc/sys; nothing where this kernel does not have it."""
    path = PROC / name
    if path.exists():
        values = [int(each) for each in path.read_text().split()]
        dotted = name.replace("/", ".")
        asked = {_last: f"'{least // 2} {least // 4 * 3} {least}'", _span: f"'1024 {1024 + least}'"}
        yield Need(dotted, which(values), least, why, f"sysctl -w {dotted}={asked.get(which, least)}")


def _tracks_connections() -> bool:
    """Whether the packet filter remembers anything; it may be there and have no rule that asks it to."""
    path = PROC / "net/netfilter/nf_conntrack_count"
    return path.exists() and int(path.read_text()) > 0


def _first(values: list[int]) -> int:
    return values[0]


def _last(values: list[int]) -> int:
    return values[-1]


def _span(values: list[int]) -> int:
    return values[1] - values[0]


def available() -> int:
    """Bytes of memory that could still be had (proc(5): MemAvailable)."""
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in line)
    return int(line.split()[1]) * 1024
