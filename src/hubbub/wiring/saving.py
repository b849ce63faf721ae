"""`hubbub backup` and `hubbub restore`: what an operator sees of persist/backup and persist/restore."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from hubbub.persist import backup as backing_up
from hubbub.persist import restore as restoring
from hubbub.persist.clock import machine_clock
from hubbub.persist.engine import database_url
from hubbub.persist.pages import Checksum
from hubbub.persist.pages import Progress as Told

_console = Console(stderr=True)


def back_up(url: str, data: str, file: Path) -> None:
    """Write a backup and say what is in it. Raises what persist/backup raises."""
    with _progress() as told:
        source = database_url(url, data)
        made = asyncio.run(backing_up.back_up(source, file, machine_clock(), version("hubbub"), told))
    _print(made.tables)
    _console.print(f"{file}: the state of {made.source} of epoch {made.epoch}.", highlight=False)


def check(file: Path) -> None:
    """Say whether a backup is whole. Raises BackupError if it is not."""
    with _progress() as told:
        manifest = asyncio.run(restoring.check(file, told))
    _print(manifest.tables)
    _console.print(
        f"{file} is whole: counts, checksums, and every chat's seqs without holes.", highlight=False
    )


def restore(file: Path, url: str, data: str, *, verify: bool) -> None:
    """Make a store of a backup. Raises what persist/restore raises."""
    target = database_url(url, data)
    if verify:
        check(file)
    with _progress() as told:
        restored = asyncio.run(restoring.restore(file, target, told))
    _print(restored.tables)
    _console.print(
        f"Restored, and the same as the backup. The epoch was {restored.manifest.epoch} and is {restored.epoch}: "
        "clients begin anew where they hold what the backup does not have.",
        highlight=False,
    )


@contextmanager
def _progress() -> Iterator[Told]:
    columns = (SpinnerColumn(), TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_console, disable=not _console.is_terminal) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda step, rows: bar.update(task, description=step, advance=rows)


def _print(tables: dict[str, Checksum]) -> None:
    for table, (rows, digest) in tables.items():
        _console.print(f"{table:<16}{rows:>12} rows  {digest}", highlight=False)
