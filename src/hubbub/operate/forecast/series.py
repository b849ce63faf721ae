"""What was measured, on a regular grid of time: the shape that models need, and what to do about gaps."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

Point = tuple[float, float]  # seconds since the epoch, value

SHORT_GAP_SECONDS = (
    7_200.0  # a restart of Prometheus is bridged by a line; a longer gap by what the season says
)
MOST_MISSING = 0.2  # of all slots; with more, a backtest would judge what was made up


class HistoryRefusedError(Exception):
    """Nothing can be forecast from this history; the text says what is wrong with it."""


@dataclass(frozen=True)
class Series:
    """`values[i]` is the mean within `step` seconds from `start + i * step`; NaN where nothing was measured."""

    start: float
    step: float
    values: tuple[float, ...]

    @property
    def end(self) -> float:
        """The moment after the last slot: where a forecast begins."""
        return self.start + len(self.values) * self.step

    def time(self, index: int) -> float:
        """The beginning of a slot."""
        return self.start + index * self.step


def regular(points: Iterable[Point], step: float) -> Series:
    """The points, in any order, averaged in slots of `step` seconds. Raises HistoryRefusedError when there is none."""
    slots: dict[int, list[float]] = {}
    for time, value in points:
        if math.isfinite(value):
            slots.setdefault(math.floor(time / step), []).append(value)
    if not slots:
        raise HistoryRefusedError("the history holds no values")
    first, last = min(slots), max(slots)
    means = (_mean(slots.get(index, [])) for index in range(first, last + 1))
    return Series(first * step, step, tuple(means))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def filled(series: Series, season: int, least: int) -> Series:
    """The series without gaps. `season`: slots of one season; `least`: seasons that models and backtest need.

    Short gaps become a line, longer ones the value a season before (else after). Raises HistoryRefusedError when the history is
    too short or has too many gaps.
    """
    values = list(series.values)
    missing = sum(math.isnan(value) for value in values)
    if len(values) < least * season:
        have, need = len(values) * series.step / 86_400, least * season * series.step / 86_400
        raise HistoryRefusedError(f"the history covers {have:.1f} days; {need:.0f} are needed")
    if missing > MOST_MISSING * len(values):
        raise HistoryRefusedError(
            f"{missing / len(values):.0%} of the history is missing; {MOST_MISSING:.0%} may be"
        )
    for start, end in _gaps(values):
        if (end - start) * series.step <= SHORT_GAP_SECONDS:
            _draw_line(values, start, end)
        else:
            _repeat_season(values, start, end, season)
    return replace(series, values=tuple(values))


def _gaps(values: list[float]) -> list[tuple[int, int]]:
    """[start, end) of each run of NaN; never at either end, where a series begins and ends with a value."""
    gaps: list[tuple[int, int]] = []
    for index, value in enumerate(values):
        if not math.isnan(value):
            continue
        if gaps and gaps[-1][1] == index:
            gaps[-1] = (gaps[-1][0], index + 1)
        else:
            gaps.append((index, index + 1))
    return gaps


def _draw_line(values: list[float], start: int, end: int) -> None:
    left, right = values[start - 1], values[end]
    for index in range(start, end):
        share = (index - start + 1) / (end - start + 1)
        values[index] = left + share * (right - left)


def _repeat_season(values: list[float], start: int, end: int, season: int) -> None:
    """From the past, which is whole already; in the first season from the future, where that is missing too a line."""
    for index in range(start, end):
        before, after = index - season, index + season
        if before >= 0:
            values[index] = values[before]
        elif after < len(values):
            values[index] = values[after]
    if any(math.isnan(value) for value in values[start:end]):
        _draw_line(values, start, end)
