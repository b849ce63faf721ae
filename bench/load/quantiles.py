"""Quantiles of what was measured."""

from collections.abc import Sequence

SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Where a picture of waits shows them."""


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value that `part` of all do not exceed; `ordered` rises."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
