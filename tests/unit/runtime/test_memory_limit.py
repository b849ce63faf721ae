"""The smallest limit counts, whichever of its control groups has it, in both versions of them."""

from pathlib import Path

import pytest

from hubbub.runtime.memory_limit import memory_limit

MACHINE = 8_000 * 1024


def machine(root: Path, groups: str, limits: dict[str, str]) -> Path:
    files = {"proc/meminfo": "MemTotal:     8000 kB\nMemFree: 1 kB\n", "proc/self/cgroup": groups} | limits
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/\n", {"sys/fs/cgroup/memory.max": "4096000\n"}, 4_096_000),
        ("0::/a/b\n", {"sys/fs/cgroup/a/b/memory.max": "max\n"}, MACHINE),
        (
            "0::/a/b\n",
            {"sys/fs/cgroup/a/b/memory.max": "3000\n", "sys/fs/cgroup/a/memory.max": "2000\n"},
            2_000,
        ),
        ("0::/\n", {"sys/fs/cgroup/memory.max": f"{2**62}\n"}, MACHINE),
        (
            "3:cpu,cpuacct:/a\n2:memory:/a\n",
            {"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "5000\n", "sys/fs/cgroup/a/memory.max": "1\n"},
            5_000,
        ),
        ("", {}, MACHINE),
    ],
    ids=["container", "no limit", "the parent's", "more than there is", "version 1", "no control groups"],
)
def test_the_smallest_limit_counts(
    tmp_path: Path, groups: str, limits: dict[str, str], expected: int
) -> None:
    assert memory_limit(machine(tmp_path, groups, limits)) == expected


def test_this_machine_has_one() -> None:
    assert memory_limit() > 2**20
