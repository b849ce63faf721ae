"""What the machine has: open files, memory, disk, clocks. Readings are taken in one place, and weighed by pure functions."""

import ctypes
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

from hubbub.operate.doctor.finding import Finding, State, number, size

CONNECTION_BYTES = (
    4_600 + 5_000
)  # idle in ten rooms: ours (bench/idle.py) and the kernel's (docs/architecture.md §3)
PROCESS_BYTES = 200 * 2**20  # a worker without connections, its caches filled
OWN_FILES = 1_024  # of a process: database, bus, logs, libraries
LEAST_DISK = 2**30
LEAST_SHARE = 0.1
FAST_CLOCKS = frozenset(
    {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource"}
)
CLOCKSOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
CGROUPS = (  # the limit of this container or unit and what it uses: version 2, version 1
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
TIMEX_BYTES = 256  # struct timex, and some


@dataclass(frozen=True)
class Machine:
    """Readings. `open_files`: the hard limit; `free_memory`, `free_disk`, `disk` in bytes; None: not to be had here."""

    open_files: int
    free_memory: int | None
    free_disk: int
    disk: int
    clocksource: str | None
    synchronized: bool | None


def read_machine(data: Path) -> Machine:
    """Of this machine; the disk is that of the data folder, or of where it would be made."""
    usage = shutil.disk_usage(
        next(each for each in (data.absolute(), *data.absolute().parents) if each.exists())
    )
    return Machine(
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        free_memory=_free_memory(),
        free_disk=usage.free,
        disk=usage.total,
        clocksource=_read(CLOCKSOURCE),
        synchronized=_is_synchronized(),
    )


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _free_memory() -> int | None:
    told = _read(Path("/proc/meminfo"))
    if told is None:
        return None
    free = int(told.split("MemAvailable:")[1].split()[0]) * 1_024
    for limit, used in CGROUPS:
        most, now = _read(limit), _read(used)
        if most and now and most.isdigit():
            free = min(free, int(most) - int(now))
    return free


def _is_synchronized() -> bool | None:
    """What the kernel's clock discipline says, whoever steers it (chrony, ntpd, systemd-timesyncd, the hypervisor)."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    state = -1 if adjtimex is None else adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return None if state < 0 else state != TIME_ERROR


def check_machine(machine: Machine, connections: int, workers: int) -> list[Finding]:
    """All of it, for so many connections on so many processes."""
    return [
        check_open_files(machine.open_files, connections, workers),
        check_memory(machine.free_memory, connections, workers),
        check_disk(machine.free_disk, machine.disk),
        check_clocksource(machine.clocksource),
        check_synchronized(machine.synchronized),
    ]


def check_open_files(most: int, connections: int, workers: int) -> Finding:
    """The hard limit of a process (RLIM_INFINITY is -1); the server raises its soft one to it."""
    needed = -(-connections // workers) + OWN_FILES
    enough = most == resource.RLIM_INFINITY or most >= needed
    return Finding(
        "open files of a process",
        State.OK if enough else State.WRONG,
        "unlimited" if most == resource.RLIM_INFINITY else number(most),
        number(needed),
        f"Each of {workers} worker(s) holds its share of the connections, each an open file (ulimit -Hn, LimitNOFILE)."
        " Beyond it nobody is accepted.",
    )


def check_memory(free: int | None, connections: int, workers: int) -> Finding:
    """For idle connections; what they say comes on top."""
    needed = connections * CONNECTION_BYTES + workers * PROCESS_BYTES
    state = State.UNKNOWN if free is None else State.OK if free >= needed else State.WRONG
    return Finding(
        "free memory",
        state,
        "unknown" if free is None else size(free),
        size(needed),
        f"{CONNECTION_BYTES:,} bytes for an idle connection in ten rooms, the kernel's part included, and"
        f" {size(PROCESS_BYTES)} a worker. Without it the kernel ends the largest process: us.",
    )


def check_disk(free: int, whole: int) -> Finding:
    """Of the data folder."""
    state = State.WRONG if free < LEAST_DISK else State.ADVICE if free < LEAST_SHARE * whole else State.OK
    return Finding(
        "free disk",
        state,
        f"{size(free)} of {size(whole)}",
        size(max(LEAST_DISK, int(LEAST_SHARE * whole))),
        "A message takes 370 bytes in the embedded store (docs/operations.md). On a full disk every write is answered"
        " `unavailable`.",
    )


def check_clocksource(name: str | None) -> Finding:
    """Where the kernel reads the time."""
    state = State.UNKNOWN if name is None else State.OK if name in FAST_CLOCKS else State.ADVICE
    return Finding(
        "clock source",
        state,
        name or "unknown",
        "tsc, or the hypervisor's own",
        "The event loop reads the time at every turn. Other sources (hpet, acpi_pm) make each reading a system call of"
        " a microsecond.",
    )


def check_synchronized(synchronized: bool | None) -> Finding:
    """Whether something keeps the clock right."""
    state = State.UNKNOWN if synchronized is None else State.OK if synchronized else State.ADVICE
    texts = {None: "unknown", True: "synchronized", False: "not synchronized"}
    return Finding(
        "clock",
        state,
        texts[synchronized],
        "synchronized",
        "Nodes live on the database's time, but tokens of other issuers, certificates and log lines are judged by this"
        " clock: run chrony or systemd-timesyncd.",
    )
