"""Where the server's time goes: py-spy samples it from outside, so what is measured is what runs."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

RATE = 200  # samples a second


@dataclass
class Samples:
    """Shares of the samples, by function: `own` at the top of the stack, `total` anywhere in it."""

    own: list[tuple[str, float]]
    total: list[tuple[str, float]]


class Sampler:
    """py-spy on one process, from now on for `seconds`. Needs root or ptrace rights, and `pip install py-spy`."""

    def __init__(self, process: int, seconds: float, output: Path, *, native: bool) -> None:
        program = shutil.which("py-spy", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
        if program is None:
            raise SystemExit("--profile needs py-spy: .venv/bin/pip install py-spy")
        self._output = output
        output.parent.mkdir(parents=True, exist_ok=True)
        command = [program, "record", "--pid", str(process), "--format", "raw", "--output", str(output)]
        command += ["--rate", str(RATE), "--duration", str(max(1, int(seconds))), "--threads", "--function"]
        self._run = subprocess.Popen([*command, *(["--native"] if native else [])], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, text=True)  # fmt: skip

    def samples(self) -> Samples:
        """Wait for its end and read what it saw."""
        _, said = self._run.communicate(timeout=120)
        if not self._output.exists():
            raise SystemExit(f"py-spy gave nothing: {said}")
        return read(self._output.read_text())


def read(text: str) -> Samples:
    """Collapsed stacks ("a;b;c 12", one a line) as shares of all samples."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        own[frames[-1]] += int(count)
        for frame in set(frames):
            total[frame] += int(count)
    everything = max(1, own.total())
    return Samples(
        own=[(name, count / everything) for name, count in own.most_common(40)],
        total=[(name, count / everything) for name, count in total.most_common(60)],
    )
