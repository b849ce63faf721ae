"""How much memory this process may have: what its control groups say, else what the machine has (Linux)."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

KIB = 1024


def memory_limit(root: Path = Path("/")) -> int:
    """Bytes: the smallest limit on the way from its control group to the root of them, at most the machine's memory."""
    return min([_machine(root), *_limits(root)])


def _machine(root: Path) -> int:
    lines = (root / "proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * KIB for line in lines if line.startswith("MemTotal:"))


def _limits(root: Path) -> Iterator[int]:
    """Version 2 has one hierarchy (`0::/path`), version 1 one of its own for memory. Where there is none, nothing is limited."""
    for folder, name in _folders(root):
        try:
            said = (folder / name).read_text().strip()
        except OSError:
            continue
        if said.isdecimal():  # else `max`
            yield int(said)


def _folders(root: Path) -> Iterator[tuple[Path, str]]:
    for line in _groups(root):
        _, controllers, path = line.split(":", 2)
        groups = root / "sys/fs/cgroup"
        name = "memory.max"
        if "memory" in controllers.split(","):
            groups, name = groups / "memory", "memory.limit_in_bytes"
        elif controllers:
            continue
        relative = PurePosixPath(path.lstrip("/"))
        for each in (relative, *relative.parents):
            yield groups / each, name


def _groups(root: Path) -> list[str]:
    try:
        return (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
