import math

import pytest

from hubbub.operate.forecast.series import HistoryRefusedError, Series, filled, regular

HOUR = 3_600.0
SEASON = 24


def hourly(days: int, *missing: int) -> Series:
    """The hour of the day, for so many days, with some slots missing."""
    values = [math.nan if slot in missing else float(slot % SEASON) for slot in range(days * SEASON)]
    return Series(0.0, HOUR, tuple(values))


def test_points_are_averaged_in_slots_whatever_their_order() -> None:
    series = regular([(130.0, 8.0), (0.0, 1.0), (30.0, 3.0), (190.0, math.nan)], 60.0)
    assert (series.start, series.end) == (0.0, 180.0)
    assert series.values[0] == 2.0
    assert math.isnan(series.values[1])
    assert series.values[2] == 8.0


def test_slots_begin_at_multiples_of_their_width() -> None:
    assert regular([(1_000.0, 1.0)], 900.0).start == 900.0


@pytest.mark.parametrize("points", [[], [(0.0, math.nan)], [(0.0, math.inf)]])
def test_nothing_measured_is_no_history(points: list[tuple[float, float]]) -> None:
    with pytest.raises(HistoryRefusedError, match="no values"):
        regular(points, 60.0)


def test_a_short_gap_becomes_a_line() -> None:
    assert filled(hourly(3, 4, 5), SEASON, 3).values == hourly(3).values


@pytest.mark.parametrize(
    "gap", [range(30, 40), range(22, 27), range(2, 9)], ids=["later", "across", "first season"]
)
def test_a_long_gap_is_what_the_season_says(gap: range) -> None:
    assert filled(hourly(4, *gap), SEASON, 4).values == hourly(4).values


def test_a_gap_that_no_season_knows_becomes_a_line() -> None:
    whole = filled(hourly(12, *range(2, 9), *range(26, 33)), SEASON, 12)
    assert whole.values == hourly(12).values


def test_a_history_too_short_is_refused_with_what_is_needed() -> None:
    with pytest.raises(HistoryRefusedError, match=r"covers 3\.0 days; 9 are needed"):
        filled(hourly(3), SEASON, 9)


def test_a_history_full_of_holes_is_refused() -> None:
    with pytest.raises(HistoryRefusedError, match="25% of the history is missing"):
        filled(hourly(4, *range(10, 34)), SEASON, 4)
