"""`hubbub migrate --from … --to …`: what an operator sees of persist/move."""

import asyncio

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hubbub.persist import move as moving
from hubbub.persist.engine import database_url

PASSES = 3  # each row is copied once and read once more on either side


def move(source: str, target: str) -> None:
    """Move a store and say what was moved. Raises what persist/move raises."""
    asyncio.run(_move(source, target))


async def _move(source: str, target: str) -> None:
    console = Console(stderr=True)
    here, there = database_url(source, ""), database_url(target, "")
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("counting", total=await moving.count(here) * PASSES)
        moved = await moving.move(
            here, there, lambda step, rows: bar.update(task, description=step, advance=rows)
        )
    for table, (rows, checksum) in moved.items():
        console.print(f"{table:<16}{rows:>12} rows  {checksum}")
    console.print("Both sides are the same. Serve the target; the source is as it was.")
