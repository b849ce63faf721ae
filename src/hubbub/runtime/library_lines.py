"""What libraries say through `logging`, as lines of our own log: their plain text would be no line to whoever reads JSON.

They say a thing as often as it happens, so each has one line in `EVERY_SECONDS`, which says how often it came since the one before.
"""

import logging
import time
from collections.abc import Callable

import structlog

EVERY_SECONDS = 60.0
KEPT = 256  # different things that are remembered; beyond it the one said longest ago is forgotten, and said again as if it were new


class LibraryLines(logging.Handler):
    """Of `logging`'s root. A library of which more is known has a handler of its own, with another `write`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, unless the same was written just now; `logging` calls this with the handler's lock held."""
        kind, now = self.kind_of(record), self._clock()
        since, again = self._said.pop(kind, (now - EVERY_SECONDS, 0))
        due = now - since >= EVERY_SECONDS
        self._said[kind] = (now, 0) if due else (since, again + 1)
        if due:
            self.write(record, again)
        if len(self._said) > KEPT:
            del self._said[next(iter(self._said))]

    def kind_of(self, record: logging.LogRecord) -> str:
        """Records of one kind are said to be the same, whatever their arguments."""
        return f"{record.name} {record.msg}"

    def write(self, record: logging.LogRecord, again: int) -> None:
        """Write the line; `again`: how often the same came since the last one."""
        fields = {"log.logger": record.name, "repeated": again}
        trace = record.exc_info or None
        structlog.get_logger().log(record.levelno, record.getMessage(), **fields, exc_info=trace)
