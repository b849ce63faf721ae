"""Log lines that others can cause, bounded: who floods the server must not flood its log. What is left out is counted, and said."""

from collections import Counter
from collections.abc import Hashable

import structlog

log = structlog.get_logger("hubbub.log")

SAVED_SECONDS = 5  # quiet seconds count later, so that a drain or an outage is told whole where it is short


class BoundedLines:
    """`per_second` lines of each kind, 0: no limit. `left_out`: those that were not written, by kind, since they were last said."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._room: dict[Hashable, float] = {}
        self.left_out: Counter[str] = Counter()

    def take(self, kind: str) -> bool:
        """Whether a line of this kind may be written now."""
        if not self._per_second:
            return True
        room = self._room.get(kind, self._per_second * SAVED_SECONDS)
        if room < 1:
            self.left_out[kind] += 1
            return False
        self._room[kind] = room - 1
        return True

    def tick(self) -> None:
        """A second has passed."""
        for kind, room in self._room.items():
            self._room[kind] = min(room + self._per_second, self._per_second * SAVED_SECONDS)
        left_out, self.left_out = self.left_out, Counter()
        for kind, lines in left_out.items():
            log.warning("log lines were left out", kind=kind, lines=lines)
