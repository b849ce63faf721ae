"""What both sides and the kernel use: memory without counting shared pages twice, and CPU."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
KERNEL = ("Slab", "KernelStack", "PageTables", "Percpu")
"""Of /proc/meminfo: what the kernel needs for sockets and processes. Caches of files are not among it."""


def proportional(processes: Sequence[int]) -> int:
    """Bytes of these processes, a shared page counted for each by its share (proc(5): smaps_rollup, Pss)."""
    return sum(_field(f"/proc/{each}/smaps_rollup", "Pss") for each in processes) * 1024


def _field(path: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", Path(path).read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"no {name} in {path}")
    return int(found[1])


def kernel_bytes() -> int:
    """What the kernel itself holds, buffers of sockets included (sockstat: TCP mem, in pages)."""
    held = sum(_field("/proc/meminfo", name) for name in KERNEL) * 1024
    return held + _socket_pages() * PAGE


def _socket_pages() -> int:
    found = re.search(r"^TCP:.* mem (\d+)", Path("/proc/net/sockstat").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Machine:
    """Seconds of CPU of all cores since the start of the machine: in use, and in all."""

    busy: float
    whole: float

    @classmethod
    def now(cls) -> "Machine":
        """Read /proc/stat."""
        line = Path("/proc/stat").read_text().splitlines()[0]
        ticks = [int(each) for each in line.split()[1:9]]
        hertz = os.sysconf("SC_CLK_TCK")
        return cls((sum(ticks) - ticks[3] - ticks[4]) / hertz, sum(ticks) / hertz)
