"""How the commands of each kind went: answers by outcome, and how long they took."""

from collections import Counter
from time import perf_counter
from typing import Any

from hubbub.dispatch.routes import ROUTES
from hubbub.model.commands import AnyCommand, Hello
from hubbub.model.errors import CommitUnknownError, ErrorCode, Refused
from hubbub.runtime.histogram import Histogram

OK = "ok"
UNDECIDED = "undecided"
_FAULTS = (ErrorCode.UNAVAILABLE.value, ErrorCode.INTERNAL.value, UNDECIDED)


class Tally:
    """Of one kind. Outcomes an alert asks for are there before they happen, so that the first one is a rise."""

    __slots__ = ("durations", "outcomes")

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter(dict.fromkeys((OK, *_FAULTS), 0))
        self.durations = Histogram()

    def answered(self, began: float, answer: object) -> None:
        """A command that came at `began` (perf_counter) was answered."""
        self.durations.observe(perf_counter() - began)
        self.outcomes[outcome_of(answer) if isinstance(answer, Exception) else OK] += 1


class Tallies:
    """Of all kinds: those of ROUTES, and `hello`."""

    def __init__(self) -> None:
        self.of: dict[type[Any], Tally] = {kind: Tally() for kind in (Hello, *ROUTES)}

    def named(self) -> dict[str, Tally]:
        """By the command's name on the wire."""
        return {name_of(kind): tally for kind, tally in self.of.items()}


def name_of(kind: type[AnyCommand]) -> str:
    """A command's `type` on the wire."""
    return str(kind.__struct_config__.tag)


def outcome_of(error: Exception) -> str:
    """What became of a command that was not answered well; bugs are `internal` to clients too."""
    if isinstance(error, Refused):
        return error.code.value
    return UNDECIDED if isinstance(error, CommitUnknownError) else ErrorCode.INTERNAL.value
