"""`hubbub drill`: trouble on purpose, on a cluster of its own.

Exit status: 0 everything that was run passed, 1 something did not, or nothing could be run, 2 wrong usage.
"""

import asyncio
import os
import platform
import random
import signal
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from hubbub.operate.cluster.service import MissingError, ProgramFailedError
from hubbub.operate.drill import report
from hubbub.operate.drill.network import enter_own_network, now
from hubbub.operate.drill.outcome import Check, Outcome
from hubbub.operate.drill.scene import Scene
from hubbub.operate.drill.table import DRILLS
from hubbub.operate.proof.raw_client import LOST
from hubbub.runtime import logs

BROKEN_OFF = (AssertionError, MissingError, ProgramFailedError, *LOST)
COLOURS = {"passed": "green", "FAILED": "bold red", "not run": "yellow"}

app = typer.Typer(name="drill", add_completion=False, pretty_exceptions_show_locals=False)
console = Console(highlight=False)


@app.command()
def run(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help="Which drills; none: all of them.", metavar="[NAME]...")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="Name the drills, and what this machine lacks for them.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long each trouble lasts.")] = 10,
    clients: Annotated[int, typer.Option(min=6, max=1_000, help="Devices of the crowd.")] = 24,
    folder: Annotated[
        Path | None, typer.Option("--report", help="Write report.md and report.html there.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Repeats the crowd's choices.")] = None,
) -> None:
    """Kill, cut off, slow down and overload a cluster started for it, and see whether every promise holds."""
    chosen = names or list(DRILLS)
    if unknown := [name for name in chosen if name not in DRILLS]:
        raise typer.BadParameter(f"there is no drill {unknown[0]!r}; there are {', '.join(DRILLS)}")
    if list_:
        for name in chosen:
            console.print(f"{name:<20} {DRILLS[name].title}{_lack(DRILLS[name].missing())}")
        return
    logs.configure("error", "auto")
    isolated = enter_own_network()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    number = random.randrange(10**9) if seed is None else seed  # noqa: S311 - no secret
    outcomes = [_play(name, seconds, clients, number, isolated=isolated) for name in chosen]
    if folder is not None:
        for path in report.write(folder, outcomes, _terms(seconds, clients, number, isolated=isolated)):
            console.print(f"written: {path}")
    if not all(each.passed or each.missing for each in outcomes) or all(each.missing for each in outcomes):
        raise typer.Exit(1)


def _lack(missing: str) -> str:
    return f" [yellow](cannot run here: {escape(missing)})[/]" if missing else ""


def _play(name: str, seconds: float, clients: int, seed: int, *, isolated: bool) -> Outcome:
    drill = DRILLS[name]
    outcome = Outcome(name, drill.title, drill.missing())
    if not outcome.missing:
        began = now()
        with (
            tempfile.TemporaryDirectory(prefix="hubbub-drill-") as folder,
            console.status(drill.title) as status,
        ):
            scene = Scene(
                outcome, Path(folder), seconds=seconds, clients=clients, seed=seed, isolated=isolated,
                say=lambda event: status.update(f"{drill.title}: {event} …"),
            )  # fmt: skip
            asyncio.run(_run(scene))
        outcome.seconds = now() - began
    _tell(outcome)
    return outcome


async def _run(scene: Scene) -> None:
    outcome = scene.outcome
    try:
        await DRILLS[outcome.name].run(scene)
        await scene.go_home()
        scene.check_logs()
    except BROKEN_OFF as error:
        outcome.checks.append(
            Check("the drill plays to its end", f"{type(error).__name__}: {error}", passed=False)
        )
    finally:
        outcome.windows = scene.windows()
        await scene.close()


def _tell(outcome: Outcome) -> None:
    colour = COLOURS[outcome.verdict]
    told = f": {escape(outcome.missing)}" if outcome.missing else f" in {outcome.seconds:.0f} s"
    console.print(f"[{colour}]{outcome.verdict}[/] {outcome.name}{told}")
    for each in outcome.checks:
        mark = "[green]yes[/]" if each.passed else "[bold red]NO[/] "
        console.print(f"  {mark}  {each.expected}: [dim]{escape(each.seen)}[/]")


def _terms(seconds: float, clients: int, seed: int, *, isolated: bool) -> dict[str, str]:
    """What a report is headed by."""
    return {
        "Hubbub": version("hubbub"),
        "of": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "trouble for": f"{seconds:g} s each",
        "devices": str(clients),
        "seed": str(seed),
        "zones": "network namespaces" if isolated else "groups of processes",
        "on": f"{os.cpu_count()} cores, Python {platform.python_version()}, Linux {platform.release()}",
    }


def main(arguments: Sequence[str]) -> None:
    """`hubbub drill` hands over its arguments."""
    app(args=list(arguments), prog_name="hubbub drill")
