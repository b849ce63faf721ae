"""A histogram for the hot path: fixed bounds and a list of integers, so that an observation is one bisect."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

SECONDS = (0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1.0, 2.5, 5.0, 10.0)
"""From a command answered in memory to one that nobody waits for any more. 0.8: what an alert asks for is a bound."""
SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0)


class Exemplar(NamedTuple):
    """One observation of a bucket whose trace can be looked at. `at`: when (s)."""

    trace: str
    value: float
    at: float


class Histogram:
    """`bounds` rise; an observation counts in the first bucket whose bound is not smaller, or beyond them all."""

    __slots__ = ("_bounds", "_counts", "exemplars", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        self.exemplars: dict[int, Exemplar] = {}

    def observe(self, value: float, times: int = 1) -> None:
        """Something took `value`, or was so large; `times` others did the same."""
        self._counts[bisect_left(self._bounds, value)] += times
        self.total += value * times

    def exemplify(self, exemplar: Exemplar) -> None:
        """The newest of its bucket is kept."""
        self.exemplars[bisect_left(self._bounds, exemplar.value)] = exemplar

    def buckets(self) -> list[tuple[str, int]]:
        """(bound, observations up to it), as Prometheus wants them: each bucket has those before it in it."""
        rising = 0
        buckets = []
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            rising += count
            buckets.append((f"{bound:g}" if bound != float("inf") else "+Inf", rising))
        return buckets
