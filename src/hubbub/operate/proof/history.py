"""What was seen from outside: every envelope a client sent and got, in order, and the log as the file has it.

A `Witness` is one client device over all its connections. Nothing here knows the server's types: a fault in them must
not hide itself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

Envelope = dict[str, Any]
Entry = dict[str, Any]
Key = tuple[str, str]
"""(user, msg_id)"""

ENTRY_TYPES = frozenset({"message", "edited", "deleted", "reacted", "member", "renamed"})
REMOVALS = frozenset({"left", "kicked", "banned"})
MAKES: Mapping[str, str] = {
    "send": "message",
    "edit": "edited",
    "delete": "deleted",
    "react": "reacted",
    "join": "member",
    "leave": "member",
    "kick": "member",
    "rename": "renamed",
}
"""Which entry a request makes."""


class Record(NamedTuple):
    """One line of a client's record; `envelope` of an end is empty."""

    connection: int
    way: Literal["sent", "got", "ended"]
    envelope: Envelope


@dataclass
class Witness:
    """One device: what it saw, connection after connection. `stays`: connected to the end, having read everything."""

    name: str
    user: str
    records: list[Record] = field(default_factory=list)
    stays: bool = True

    def connections(self) -> Iterator[list[Record]]:
        """The records of one connection after the other."""
        run: list[Record] = []
        for record in self.records:
            if run and run[-1].connection != record.connection:
                yield run
                run = []
            run.append(record)
        if run:
            yield run

    def requests(self) -> Iterator[Envelope]:
        """Every request sent."""
        return (record.envelope for record in self.records if record.way == "sent")


@dataclass
class Stored:
    """The database file at the end: logs in the order of seq, heads, what each (user, msg_id) was answered with."""

    logs: dict[str, list[Entry]]
    heads: dict[str, int]
    writes: dict[Key, tuple[str, int]]
    marks: dict[tuple[str, int], set[Key]] = field(default_factory=dict)
    """(chat, seq) → {(emoji, user)}"""


class Violation(NamedTuple):
    """A broken promise: which (one word, docs/proof.md has the table), and what was seen."""

    promise: str
    seen: str


@dataclass
class Figures:
    """What the run was made of."""

    stored: int = 0
    messages: int = 0
    edits: int = 0
    deletions: int = 0
    reactions: int = 0
    comings_and_goings: int = 0
    acknowledged: int = 0
    connections: int = 0
    duplicates_answered: int = 0
    pushes: int = 0
    replayed: int = 0
    resyncs: int = 0
    pages: int = 0
    refused: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in vars(self).items())


def save(witnesses: Sequence[Witness], path: Path) -> None:
    """Write every record down, for whoever must find out what went wrong."""
    with path.open("w") as file:
        for witness in witnesses:
            for record in witness.records:
                file.write(json.dumps([witness.name, *record]) + "\n")


def asked(witnesses: Sequence[Witness]) -> dict[Key, Envelope]:
    """Every write that was ever asked for, by who asked and its msg_id."""
    return {
        (witness.user, request["msg_id"]): request
        for witness in witnesses
        for request in witness.requests()
        if "msg_id" in request
    }
