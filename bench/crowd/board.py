"""Shared memory between the bench and the holders: for each holder a row of counters and a histogram of delays.

One writer each, and 64-bit words on a machine that writes them whole, so there is no lock.
"""

import mmap
from collections.abc import Sequence
from pathlib import Path

COUNTERS = (
    "open", "failed", "lost", "heartbeats", "deliveries", "others", "errors", "asked", "sent", "wrong",
    "resumed", "replayed",
)  # fmt: skip
"""What a holder has seen. `others`: pushes that are no message; `wrong`: an entry whose seq is not the next one."""
ORDERS = ("goal", "rate", "away", "end")
"""What a holder is told: connections to have, messages a minute to send, connections to leave for a while, and to end."""
WIDTH = len(COUNTERS) + len(ORDERS)
FINE_BITS = 4  # sixteen buckets between powers of two: a delay is told to 6 %
BUCKETS = 40 << FINE_BITS  # the last ones are days
ROW = WIDTH + BUCKETS


def bucket_of(microseconds: int) -> int:
    """Where a delay is counted: exact below 16 µs, then by its five highest bits."""
    if microseconds < 1 << FINE_BITS:
        return max(0, microseconds)
    shift = microseconds.bit_length() - FINE_BITS - 1
    return min(BUCKETS - 1, (shift << FINE_BITS) + (microseconds >> shift))


def delay_of(bucket: int) -> int:
    """The largest delay (µs) counted there."""
    if bucket < 2 << FINE_BITS:
        return bucket
    shift = (bucket >> FINE_BITS) - 1
    return ((bucket - (shift << FINE_BITS)) + 1 << shift) - 1


def percentile(histogram: Sequence[int], part: float) -> int:
    """The delay (µs) that `part` of those counted do not exceed; 0 if there are none."""
    left = sum(histogram) * part
    for bucket, count in enumerate(histogram):
        left -= count
        if count and left <= 0:
            return delay_of(bucket)
    return 0


class Board:
    """All rows, over a file of zeros that `make` made."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._words = memoryview(self._memory).cast("q")

    @classmethod
    def make(cls, path: Path, holders: int) -> "Board":
        """A new board for so many holders."""
        path.write_bytes(bytes(holders * ROW * 8))
        return cls(path)

    def row(self, holder: int) -> memoryview:
        """A holder's own: counters, orders, histogram."""
        return self._words[holder * ROW : (holder + 1) * ROW]

    @property
    def holders(self) -> int:
        """How many there are."""
        return len(self._words) // ROW

    def totals(self) -> dict[str, int]:
        """Every counter, summed over the holders."""
        rows = [self.row(each)[: len(COUNTERS)].tolist() for each in range(self.holders)]
        return dict(zip(COUNTERS, map(sum, zip(*rows, strict=True)), strict=True))

    def delays(self) -> list[int]:
        """The histogram of all delays so far."""
        rows = [self.row(each)[WIDTH:].tolist() for each in range(self.holders)]
        return list(map(sum, zip(*rows, strict=True)))

    def order(self, holder: int, name: str, value: int) -> None:
        """Tell a holder."""
        self.row(holder)[len(COUNTERS) + ORDERS.index(name)] = value
