"""What a drill found: expectations with what was seen, what happened when, and what a user saw meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One expectation."""

    expected: str
    seen: str
    passed: bool


@dataclass(frozen=True)
class Window:
    """What two people who talk all the time saw in one part of a drill. Times in ms; None where nothing came."""

    name: str
    seconds: float
    said: int
    refused: int
    acknowledged_p50: float | None
    acknowledged_p99: float | None
    silence: float
    heard_p50: float | None
    heard_p99: float | None


@dataclass
class Outcome:
    """`missing`: why it was not run, then nothing else is set. `events`: seconds since its beginning, and what happened.

    `log`: what the nodes wrote, if it failed.
    """

    name: str
    title: str
    missing: str = ""
    checks: list[Check] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    windows: Sequence[Window] = ()
    seconds: float = 0.0
    log: str = ""

    @property
    def passed(self) -> bool:
        """Whether it was run and everything was as expected."""
        return bool(self.checks) and all(each.passed for each in self.checks)

    @property
    def verdict(self) -> str:
        """In one word."""
        return "not run" if self.missing else "passed" if self.passed else "FAILED"
