"""`hubbub doctor`: whether this machine, its database and its Redis carry the connections asked for.

Exit status: 0 nothing is wrong, 1 something is; advice alone is no failure.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from hubbub.operate.doctor.finding import Finding, State
from hubbub.operate.doctor.kernel import check_kernel, read_kernel
from hubbub.operate.doctor.machine import check_machine, read_machine
from hubbub.operate.doctor.services import check_database, check_redis
from hubbub.persist.inspection import inspect_database, inspect_redis

PIPE_WIDTH = 200  # columns where nobody's terminal says how many
COLOURS = {State.OK: "green", State.ADVICE: "yellow", State.WRONG: "bold red", State.UNKNOWN: "dim"}


@dataclass(frozen=True)
class Asked:
    """`connections` on `workers` processes of this machine, each with `pool` connections to the database.

    URLs may be empty: the embedded store, no Redis.
    """

    connections: int
    workers: int
    pool: int
    data: Path
    database_url: str
    redis_url: str


def examine(asked: Asked) -> list[Finding]:
    """Take every reading and weigh it. Nothing is changed anywhere."""
    return asyncio.run(_examine(asked))


async def _examine(asked: Asked) -> list[Finding]:
    kind = asked.database_url.partition(":")[0].partition("+")[0].replace("mariadb", "mysql") or "sqlite"
    redis = check_redis(await inspect_redis(asked.redis_url)) if asked.redis_url else []
    return [
        *check_machine(read_machine(asked.data), asked.connections, asked.workers),
        *check_kernel(read_kernel(), asked.connections),
        *check_database(await inspect_database(asked.database_url), kind, asked.workers * asked.pool),
        *redis,
    ]


def run(asked: Asked, *, json: bool) -> int:
    """Print what was found; the exit status."""
    findings = examine(asked)
    if json:
        whole = {"connections": asked.connections, "findings": [asdict(each) for each in findings]}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(whole)).decode() + "\n")
    else:
        console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
        console.print(table(findings, asked.connections))
        console.print(verdict(findings, asked.connections))
    return int(any(each.state is State.WRONG for each in findings))


def table(findings: Sequence[Finding], connections: int) -> Table:
    """A row for each; the reasons beside them."""
    made = Table("what", "", "in force", f"advised for {connections:,}", "why")
    for each in findings:
        state = f"[{COLOURS[each.state]}]{each.state}[/]"
        made.add_row(each.check, state, each.in_force, each.advised, each.why)
    return made


def verdict(findings: Sequence[Finding], connections: int) -> str:
    """The last line."""
    wrong = [each.check for each in findings if each.state is State.WRONG]
    if not wrong:
        return "nothing is wrong"
    return (
        f"{len(wrong)} wrong: {', '.join(wrong)}. Kernel settings:"
        f" hubbub doctor --for {connections} --sysctl > /etc/sysctl.d/99-hubbub.conf && sysctl --system"
    )
