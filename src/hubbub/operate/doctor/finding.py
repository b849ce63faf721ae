"""What one check found: what is in force, what is advised, and why."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`WRONG` alone makes the command fail: what is asked for will not work, or promises will not hold."""

    OK = "ok"
    ADVICE = "advice"  # it works, and could be better
    WRONG = "wrong"
    UNKNOWN = "unknown"  # this machine does not say


@dataclass(frozen=True)
class Finding:
    """`in_force` and `advised` are texts for people; `why` says what the thing is for and what happens without it."""

    check: str
    state: State
    in_force: str
    advised: str
    why: str


def number(value: int) -> str:
    """1,048,576."""
    return f"{value:,}"


def size(value: int) -> str:
    """Bytes, for people: GiB or MiB."""
    return f"{value / 2**30:,.1f} GiB" if value >= 2**30 else f"{value / 2**20:,.0f} MiB"
