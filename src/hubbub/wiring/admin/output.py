"""What `hubbub admin` prints: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPE_WIDTH = 200  # columns: wide enough that no line is folded where `grep` reads
Row = Mapping[str, Any]


def console() -> Console:
    """Standard output, as wide as it is read."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


def print_json(answer: object) -> None:
    """One document, as the server gave it."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def print_table(rows: Sequence[Row], columns: Sequence[str], *, more: bool = False) -> None:
    """A row each; `more` is said below, where there are others."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(shown(column, row.get(column)) for column in columns))
    console().print(table if rows else "nobody and nothing")
    if more:
        last = next(iter(rows[-1].values()))
        console().print(f"There are more: --after {escape(str(last))}")


def print_card(card: Row) -> None:
    """One thing, a line for each of its fields."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in card.items():
        table.add_row(f"[bold]{name.replace('_', ' ')}", shown(name, value))
    console().print(table)


def shown(name: str, value: object) -> str:
    """Times as times (UTC), lists as lists; nothing a user wrote is taken for markup, or for a terminal's own."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in TIMES and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list):
        return ", ".join(shown("", each) for each in value)
    return escape("".join(letter if letter.isprintable() else "�" for letter in str(value)))


TIMES = frozenset(
    {
        "at", "banned_at", "changed_at", "claimed_until", "created_at", "erased_at", "expires_at", "last_seen",
        "muted_until", "oldest_at", "started_at", "used_at",
    }
)  # fmt: skip
