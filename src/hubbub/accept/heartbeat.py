"""One timing wheel for everything a connection may wait for: hello, silence, draining, the end of a token.

A connection costs one place in one bucket, no timer and no task. It is looked at when its bucket's turn comes, says
when to be looked at next, and may ask for an earlier turn; the later place is then stale and passed over.
"""

from typing import Protocol

BUCKETS = 4_096  # a turn further away than this many ticks is taken at the last bucket and put off again


class Watched(Protocol):
    """A connection. `due`: the tick of its valid place, -1 when it has none."""

    due: int

    def look(self, tick: int) -> int | None:
        """Something may have run out; gives the ticks until the next look, None when it is over."""


class TimingWheel:
    """`now` is the current tick, one every `tick_ms`; `advance` is called by one task of the process."""

    def __init__(self, tick_ms: int) -> None:
        self.tick_ms = tick_ms
        self.now = 0
        self._buckets: list[list[Watched]] = [[] for _ in range(BUCKETS)]

    def ticks(self, seconds: float) -> int:
        """How many ticks that is, at least one."""
        return max(1, round(seconds * 1000 / self.tick_ms))

    def watch(self, connection: Watched, ticks: int) -> None:
        """Look at the connection after so many ticks, instead of whenever else."""
        due = self.now + min(ticks, BUCKETS - 1)
        connection.due = due
        self._buckets[due % BUCKETS].append(connection)

    def advance(self) -> None:
        """One tick has passed."""
        self.now += 1
        turn = self.now % BUCKETS
        due, self._buckets[turn] = self._buckets[turn], []
        for connection in due:
            if connection.due == self.now:
                connection.due = -1
                again = connection.look(self.now)
                if again is not None:
                    self.watch(connection, again)
