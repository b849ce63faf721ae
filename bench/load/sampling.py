"""Where the server's time goes: py-spy samples it from outside, so what is measured is what runs."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from load.report import CACHE

RATE = 200  # samples a second


Shares = list[tuple[str, float]]


@dataclass
class Samples:
    """Shares of a thread's samples, by line: `own` at the top of the stack, `total` anywhere in it."""

    own: Shares
    total: Shares


class Sampler:
    """py-spy on one process until `samples` is called. Needs root or ptrace rights, and `pip install py-spy`.

    It halts the process for each sample, longer so for native ones: do not quote numbers measured under it.
    """

    def __init__(self, process: int, output: Path, *, native: bool) -> None:
        program = shutil.which("py-spy", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
        if program is None:
            raise SystemExit("--profile needs py-spy: .venv/bin/pip install py-spy")
        self._output = output
        output.parent.mkdir(parents=True, exist_ok=True)
        command = [program, "record", "--pid", str(process), "--format", "raw", "--output", str(output)]
        command += [
            "--rate",
            str(RATE),
            "--duration",
            "unlimited",
            "--threads",
            *(["--native"] if native else []),
        ]
        self._run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def samples(self) -> dict[str, Samples]:
        """End it and read what it saw, by thread."""
        self._run.send_signal(signal.SIGINT)
        _, said = self._run.communicate(timeout=120)
        if not self._output.exists():
            raise SystemExit(f"py-spy gave nothing: {said}")
        return read(self._output.read_text())


@contextmanager
def sampling(asked: argparse.Namespace, process: int, name: str) -> Iterator[list[str]]:
    """Sample the process during the block if `--profile` asks for it; what it did stands in the list afterwards."""
    notes: list[str] = []
    if not asked.profile:
        yield notes
        return
    sampler = Sampler(process, CACHE / f"{name}.stacks", native=asked.native)
    yield notes
    notes += told(sampler.samples(), CACHE / f"{name}-profile.json")


def read(text: str) -> dict[str, Samples]:
    """Collapsed stacks ("thread;a;b;c 12", one a line) as shares of each thread's samples.

    A thread that waits for the lock or the kernel looks the same as one that works: compare shares with CPU times.
    """
    own: defaultdict[str, Counter[str]] = defaultdict(Counter)
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        thread, *frames = stack.split(";")
        own[thread][frames[-1] if frames else thread] += int(count)
        for frame in set(frames):
            total[thread][frame] += int(count)
    return {
        thread: Samples(own=_shares(own[thread], own[thread]), total=_shares(total[thread], own[thread]))
        for thread in own
    }


def _shares(counted: Counter[str], everything: Counter[str]) -> Shares:
    return [(name, count / everything.total()) for name, count in counted.most_common(60)]


def told(samples: dict[str, Samples], path: Path) -> list[str]:
    """What the event loop's thread did, for people; all threads go to `path` as JSON."""
    path.write_text(json.dumps({thread: asdict(seen) for thread, seen in samples.items()}, indent=1))
    lines = [
        f"profile: {path}, stacks beside it; py-spy halts the server for each sample: do not quote the numbers above"
    ]
    for seen in (seen for thread, seen in samples.items() if "MainThread" in thread):
        lines += [f"{share:6.1%} own    {name}" for name, share in seen.own[:25]]
        lines += [f"{share:6.1%} total  {name}" for name, share in seen.total[:50]]
    return lines
