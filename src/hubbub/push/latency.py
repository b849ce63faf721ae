"""How long an entry takes to whoever listens: from the moment its command was accepted, on whatever node, to the write."""

from collections.abc import Callable

from hubbub.runtime.histogram import Exemplar, Histogram

Since = tuple[Histogram, int]
"""Where it counts, and when it was accepted (ms, of the database's time, which all nodes share)."""


class Latency:
    """`local`: of entries accepted by this process; `remote`: by another, or read from the log because nobody told of them."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.local = Histogram()
        self.remote = Histogram()
        self._clock = clock
        self._passed_on: list[tuple[Since, int]] = []

    def passed_on(self, since: Since, deliveries: int) -> None:
        """So many mailboxes were given it; they are written to at the end of this loop turn."""
        self._passed_on.append((since, deliveries))

    def traced(self, since: Since, trace: str) -> None:
        """What was passed on just now belongs to this trace."""
        histogram, accepted = since
        now = self._clock()
        histogram.exemplify(Exemplar(trace, max(0, now - accepted) / 1000, now / 1000))

    def written(self) -> None:
        """The end of the loop turn."""
        if not self._passed_on:
            return
        passed_on, self._passed_on = self._passed_on, []
        now = self._clock()
        for (histogram, accepted), deliveries in passed_on:
            histogram.observe(max(0, now - accepted) / 1000, deliveries)
