"""Choice, trust and band, with models that need no statistics: what is judged here is the judging."""

from collections.abc import Sequence

import pytest

from hubbub.operate.forecast.backtest import backtest
from hubbub.operate.forecast.models import BASELINE, CHALLENGER, Model, seasonal_naive
from hubbub.operate.forecast.outlook import Outlook, Terms, look_ahead
from hubbub.operate.forecast.report import plot, verdict
from hubbub.operate.forecast.series import Series, regular
from hubbub.testing.traffic import DAY, Traffic

STEP = 3_600.0
DAYS = 9


def average_day(history: Sequence[float], season: int, horizon: int) -> list[float]:
    """The mean of all days at this hour: better than yesterday where there is noise and nothing else."""
    hours = [history[index::season] for index in range(season)]
    means = [sum(values) / len(values) for values in hours]
    return [means[index % season] for index in range(horizon)]


def history(traffic: Traffic, days: int = DAYS) -> Series:
    return regular(traffic.points(days, STEP), STEP)


def look(traffic: Traffic, challenger: Model = average_day, **terms: float) -> Outlook:
    models = {BASELINE: seasonal_naive, CHALLENGER: challenger}
    return look_ahead("connections", history(traffic), Terms(**terms), models)  # type: ignore[arg-type]


def test_a_model_sees_only_what_lay_before() -> None:
    seen: list[int] = []

    def spy(past: Sequence[float], season: int, horizon: int) -> list[float]:
        seen.append(len(past))
        return seasonal_naive(past, season, horizon)

    values = [float(slot % 24) for slot in range(5 * 24)]
    assert backtest(spy, values, 24, 24, 3).error == 0.0
    assert seen == [48, 72, 96]


def test_the_error_is_a_share_of_what_was_measured() -> None:
    test = backtest(lambda _past, _season, horizon: [0.9] * horizon, [1.0] * 96, 24, 24, 2)
    assert test.error == pytest.approx(0.1)


@pytest.mark.parametrize(("guess", "error"), [(0.0, 0.0), (1.0, 1.0)])
def test_a_series_of_zeros_has_an_error_too(guess: float, error: float) -> None:
    assert backtest(lambda _p, _s, horizon: [guess] * horizon, [0.0] * 96, 24, 24, 2).error == error


def test_the_better_model_is_taken() -> None:
    outlook = look(Traffic(noise=0.1))
    assert outlook.model == CHALLENGER
    assert 0 < outlook.gain < 1
    assert f"{CHALLENGER} is better than {BASELINE}, by" in verdict(outlook)


def test_the_baseline_is_taken_when_the_other_is_worse() -> None:
    outlook = look(Traffic(noise=0.1), lambda _past, _season, horizon: [0.0] * horizon)
    assert outlook.model == BASELINE
    assert outlook.gain < 0
    assert "is worse than" in verdict(outlook)


def test_the_baseline_wins_a_tie() -> None:
    outlook = look(Traffic(swing=0.0))
    assert outlook.model == BASELINE
    assert outlook.gain == 0.0
    assert "is no better than" in verdict(outlook)


def test_what_was_forecast_badly_is_not_trusted() -> None:
    noise = Traffic(swing=0.0, noise=0.5)
    assert not look(noise).trusted
    assert look(noise, poor=1.0).trusted
    assert "not exported" in verdict(look(noise))


def test_the_band_holds_most_of_the_day_that_comes() -> None:
    traffic = Traffic(noise=0.1)
    outlook = look(traffic)
    whole = history(traffic, DAYS + 1)
    tomorrow = whole.values[-len(outlook.values) :]
    assert whole.time(len(whole.values) - len(tomorrow)) == outlook.history.end
    inside = sum(
        low <= value <= high for low, value, high in zip(outlook.lower, tomorrow, outlook.upper, strict=True)
    )
    assert 0.75 * len(tomorrow) <= inside <= len(tomorrow)


def test_the_band_lies_around_the_forecast_and_above_zero() -> None:
    outlook = look(Traffic(noise=0.3, level=1.0))
    for low, value, high in zip(outlook.lower, outlook.values, outlook.upper, strict=True):
        assert 0.0 <= low <= value <= high


def test_most_is_the_largest_value_of_the_time_asked() -> None:
    outlook = look(Traffic())
    start = outlook.history.end
    assert outlook.most(start, start + 2 * STEP) == max(outlook.values[:3])
    assert outlook.most(start + STEP / 2, start + STEP / 2) == outlook.values[0]
    assert outlook.most(start, start + 2 * DAY) == max(outlook.values)
    assert outlook.most(start + DAY, start + 2 * DAY) is None
    assert outlook.most(start - DAY, start - STEP) is None


def test_the_plot_is_as_wide_as_the_day_and_shows_every_hour_once() -> None:
    lines = plot(look(Traffic(noise=0.1))).splitlines()
    rows = [line.partition("│")[2] for line in lines if "│" in line]
    assert {len(row) for row in rows} == {24}
    assert ["".join(column).count("o") for column in zip(*rows, strict=True)] == [1] * 24
