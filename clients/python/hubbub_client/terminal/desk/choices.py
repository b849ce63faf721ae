"""What can be chosen in a list: rows, and for each what can be done about it, as words and not as functions. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Choice(NamedTuple):
    """Press `key` to do `verb` with `args`. `sure`: a question that is asked before."""

    key: str
    label: str
    verb: str
    args: tuple[str | int, ...] = ()
    sure: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: `mark` before it, `note` after it. The first choice is what Enter does; none: a heading."""

    key: str
    text: str
    choices: tuple[Choice, ...] = ()
    mark: str = " "
    note: str = ""
    bright: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list that is filled anew for what was typed. `ask`: what stands in the empty field, none for no field."""

    name: str
    title: str
    rows: Callable[[str], list[Row]]
    ask: str | None = None
    arrive: str = ""
    """What is typed already when it opens."""


def heading(text: str) -> Row:
    """A line that says what follows."""
    return Row(f"heading {text}", text)


def fits(text: str, query: str) -> bool:
    """Whether every word of the query is in the text, in whatever case."""
    return all(word in text.casefold() for word in query.casefold().split())
