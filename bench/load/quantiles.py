"""Quantiles of what was measured: of lists, and of histograms too large for them."""

from collections import Counter
from collections.abc import Iterator, Sequence

SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Where a picture of waits shows them."""
FINE = 11  # bits of a value that are kept: 0.1 % of it


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value that `part` of all do not exceed; `ordered` rises."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


class Histogram:
    """Whole microseconds, as HdrHistogram keeps them: buckets as wide as 0.1 % of the value, so millions take a page."""

    def __init__(self, counts: Counter[int] | None = None) -> None:
        self.counts: Counter[int] = counts or Counter()

    def add(self, micros: int) -> None:
        """One more."""
        shift = max(0, micros.bit_length() - FINE)
        self.counts[micros >> shift << shift] += 1

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self.counts + other.counts)

    def quantiles(self, parts: Sequence[float]) -> Iterator[float]:
        """Milliseconds that each of the rising `parts` of all do not exceed."""
        wanted, passed, total = list(parts), 0, self.counts.total()
        for micros in sorted(self.counts):
            passed += self.counts[micros]
            while wanted and passed >= wanted[0] * total:
                wanted.pop(0)
                yield micros / 1e3
