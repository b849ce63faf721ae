"""What a bench asks for and tells: options, progress, one table, one JSON record with everything needed to repeat it."""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from load.chart import Chart
from load.generator import BUSY, processes_here

BENCH = Path(__file__).parents[1]
CACHE = BENCH.parent / ".cache" / "bench"
LIBRARIES = ("hubbub", "uvloop", "uvicorn", "msgspec", "sqlalchemy", "websockets")


def options(text: str) -> argparse.ArgumentParser:
    """What every bench understands."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--processes", type=int, default=processes_here(), help="processes of the generator")
    parser.add_argument("--json", action="store_true", help="print the record instead of the table")
    parser.add_argument(
        "--profile", action="store_true", help=f"sample the server with py-spy into .cache/{CACHE.name}"
    )
    parser.add_argument(
        "--native", action="store_true", help="with --profile: C functions too (slows the server more)"
    )
    parser.add_argument("--record", action="store_true", help=f"keep the record in {BENCH.name}/records")
    return parser


def conduct(
    parser: argparse.ArgumentParser, run: "Callable[[argparse.Namespace, Path, Steps], Report]"
) -> None:
    """A bench's whole life: options, an empty folder, progress, the report told."""
    asked = parser.parse_args()
    with work_folder() as data, steps() as progress:
        report = run(asked, data, progress)
    report.tell(as_json=asked.json, record=asked.record)


def wait(seconds: float, progress: "Steps", text: str) -> None:
    """Let what was begun go on for so long."""
    bar, begun = progress.step(text, int(seconds)), time.perf_counter()
    while (passed := time.perf_counter() - begun) < seconds:
        bar.to(passed)
        time.sleep(min(0.1, seconds - passed))
    bar.to(seconds)


@contextmanager
def work_folder() -> Iterator[Path]:
    """An empty folder on a disk (temporary folders may be memory, where a commit costs nothing)."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CACHE, prefix="data-") as folder:
        yield Path(folder)


class Steps:
    """Progress on the terminal, on standard error."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def step(self, text: str, total: int) -> "Bar":
        """A new bar."""
        return Bar(self._progress, text, total)


class Bar:
    """One bar; `to` moves it."""

    def __init__(self, progress: Progress, text: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(text, total=total)

    def to(self, done: float) -> None:
        """So much is done."""
        self._progress.update(self._task, completed=done)


@contextmanager
def steps() -> Iterator[Steps]:
    """Show progress while the block runs."""
    columns = (TextColumn("{task.description:40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Steps(progress)


@dataclass
class Line:
    """One measured number: `goal` is what issue and README promise, `met` whether it is kept."""

    what: str
    value: float
    unit: str = ""
    goal: str = ""
    met: bool | None = None


@dataclass
class Report:
    """Everything one run found out. `counts` are exact and hold on any machine.

    `label` tells apart the records of runs that are no substitute for each other; `series` are rows over the time of the run.
    """

    name: str
    parameters: Mapping[str, Any]
    lines: list[Line] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    label: str = ""
    series: list[dict[str, float]] = field(default_factory=list)
    chart: Chart | None = None

    @classmethod
    def of(cls, name: str, asked: argparse.Namespace) -> "Report":
        """Of a run with these options."""
        return cls(
            name, {name: value for name, value in vars(asked).items() if name not in ("json", "record")}
        )

    def add(
        self,
        what: str,
        value: float,
        unit: str = "",
        *,
        most: float | None = None,
        least: float | None = None,
    ) -> None:
        """A number, with the goal it has to reach if there is one."""
        if most is not None:
            self.lines.append(Line(what, value, unit, f"≤ {most:,g}", value <= most))
        elif least is not None:
            self.lines.append(Line(what, value, unit, f"≥ {least:,g}", value >= least))
        else:
            self.lines.append(Line(what, value, unit))

    def generator(self, shares: Sequence[float]) -> None:
        """How busy the generator's processes were, each as a part of one core. Once, with all of them."""
        self.add("busiest generator process", max(shares) * 100, "% of a core")
        if max(shares) > BUSY:
            self.notes.append("THE GENERATOR WAS THE BOTTLENECK: the server could have done more")

    def tell(self, *, as_json: bool, record: bool) -> None:
        """Print and draw it, and keep both if asked to."""
        if as_json:
            sys.stdout.write(self._text())
        else:
            self._draw(BENCH / "records" if record else CACHE)
            self._print()
        if record:
            self.keep()

    def keep(self) -> None:
        """Write the record, over an earlier one of the same day; a long run does so now and then."""
        path = self._path(BENCH / "records")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".json").write_text(self._text())

    def _path(self, folder: Path) -> Path:
        label = f"-{self.label}" if self.label else ""
        return folder / f"{self.name}{label}-{time.strftime('%Y-%m-%d')}"

    def _text(self) -> str:
        return json.dumps(self._record(), indent=2, ensure_ascii=False) + "\n"

    def _draw(self, folder: Path) -> None:
        if self.chart is None:
            return
        path = self._path(folder).with_suffix(".png")
        if self.chart.draw(f"bench/{self.name}", path):
            self.notes.append(f"drawn: {path.relative_to(BENCH.parent)}")
        else:
            self.notes.append("not drawn: matplotlib is not here (make tools)")

    def _print(self) -> None:
        table = Table(title=f"bench/{self.name}", title_justify="left")
        for column, justify in (
            ("", "left"),
            ("measured", "right"),
            ("", "left"),
            ("goal", "right"),
            ("", "left"),
        ):
            table.add_column(column, justify=justify)  # type: ignore[arg-type]
        for line in self.lines:
            verdict = {None: "", True: "[green]met[/]", False: "[red]missed[/]"}[line.met]
            table.add_row(line.what, _shown(line.value), line.unit, line.goal, verdict)
        console = Console()
        console.print(table)
        if self.chart is not None:
            console.print(self.chart.bars())
        for note in self.notes:
            console.print(f"  {note}", soft_wrap=True, highlight=False)

    def _record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "commit": _commit(),
            "command": _command(),
            "machine": _machine(),
            "versions": {name: version(name) for name in LIBRARIES} | {"sqlite": sqlite3.sqlite_version},
            "parameters": dict(self.parameters),
            "measured": {line.what: line.value for line in self.lines},
            "units": {line.what: line.unit for line in self.lines if line.unit},
            "goals": {line.what: {"goal": line.goal, "met": line.met} for line in self.lines if line.goal},
            "counts": self.counts,
            "notes": self.notes,
            "chart": None if self.chart is None else self.chart.record(),
        } | ({"series": self.series} if self.series else {})


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.3g}"


def _command() -> str:
    """What to type to repeat it: the options this run was given, but for those that only say where the record goes."""
    options = [word for word in sys.argv[1:] if word not in {"--record", "--json"}]
    return " ".join([f"{BENCH.name}/{Path(sys.argv[0]).name}", *options])


def _commit() -> str:
    """With a `+` if files that matter were changed since (other records do not); empty outside a checkout."""
    if shutil.which("git") is None:
        return ""
    changed = _git("status", "--porcelain", "--", "../src", ".", ":!records")
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _git(*words: str) -> str:
    command = ["git", "-C", str(BENCH), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _machine() -> dict[str, Any]:
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.processor(),
    )  # fmt: skip
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "load_average": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
