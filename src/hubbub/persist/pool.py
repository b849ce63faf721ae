"""How many connections there may be, and how it goes: settings, and plain integers for the metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hubbub.runtime.histogram import Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Settings `database.*`. `size` and `overflow` are about reading; `writers` about a database server only.

    `processes` of this machine write the embedded store, and share the memory for that.
    """

    size: int = 4
    overflow: int = 0
    writers: int = 4
    timeout_seconds: float = 5.0
    pre_ping: bool = True
    recycle_seconds: float = 1_800.0
    reset: bool = True
    statement_seconds: float = 30.0
    risk_losing_acknowledged: bool = False
    processes: int = 1


class Gauge:
    """Connections in use, at most `limit`; who waits for one, and how long those waited who are done with it (s)."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_use = 0
        self.waits = Histogram()
        self.waiting = 0
        self.timeouts = 0

    @contextmanager
    def wait(self) -> Iterator[None]:
        """Around the wait for a connection."""
        began = perf_counter()
        self.waiting += 1
        try:
            yield
        except (TimeoutError, PoolTimeoutError):
            self.timeouts += 1
            raise
        finally:
            self.waiting -= 1
            self.waits.observe(perf_counter() - began)
