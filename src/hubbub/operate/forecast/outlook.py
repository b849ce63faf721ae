"""The next day of one series: by the model that did better in the backtest, with a band as wide as its errors were."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubbub.operate.forecast.backtest import Backtest, backtest
from hubbub.operate.forecast.models import BASELINE, CHALLENGER, MODELS, Model
from hubbub.operate.forecast.series import Series, filled

BAND = (0.05, 0.95)  # quantiles of the backtest's errors
NEIGHBOURS_SECONDS = (
    7_200.0  # errors from so far before and after the same hour count too: a few days give few of each hour
)
TRAINING_SEASONS = 2  # the least that Holt-Winters can start from


@dataclass(frozen=True)
class Terms:
    """How to forecast. `season` and `horizon` in seconds; `origins`: days of the backtest; `poor`: WAPE beyond which nothing is trusted."""

    season: float = 86_400.0
    horizon: float = 86_400.0
    origins: int = 7
    poor: float = 0.25

    def slots(self, seconds: float, step: float) -> int:
        """As a number of slots, at least one."""
        return max(1, round(seconds / step))


@dataclass(frozen=True)
class Outlook:
    """`values`, `lower` and `upper` begin where `history` ends, a slot each."""

    name: str
    history: Series
    model: str
    values: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    backtests: Mapping[str, Backtest]
    poor: float

    @property
    def error(self) -> float:
        """WAPE of the chosen model."""
        return self.backtests[self.model].error

    @property
    def trusted(self) -> bool:
        """Whether anything should be scaled by it."""
        return self.error <= self.poor

    def time(self, index: int) -> float:
        """The beginning of a forecast slot."""
        return self.history.end + index * self.history.step

    def most(self, since: float, until: float) -> float | None:
        """The largest value forecast for that time; None where the forecast does not reach."""
        step = self.history.step
        touched = [
            value
            for index, value in enumerate(self.values)
            if self.time(index) <= until and self.time(index) + step > since
        ]
        return max(touched, default=None)

    @property
    def gain(self) -> float:
        """By what share the challenger's error is smaller than the baseline's; negative where it is larger."""
        baseline, challenger = self.backtests[BASELINE].error, self.backtests[CHALLENGER].error
        return 1 - challenger / baseline if baseline else 0.0 - (challenger > 0)


def look_ahead(name: str, history: Series, terms: Terms, models: Mapping[str, Model] = MODELS) -> Outlook:
    """Backtest every model, choose, forecast. Raises HistoryRefusedError (series), ModuleNotFoundError (models)."""
    season, horizon = (terms.slots(each, history.step) for each in (terms.season, terms.horizon))
    whole = filled(history, season, terms.origins + TRAINING_SEASONS)
    tests = {
        model: backtest(run, whole.values, season, horizon, terms.origins) for model, run in models.items()
    }
    chosen = min(tests, key=lambda model: tests[model].error)  # the baseline, named first, wins a tie
    values = models[chosen](whole.values, season, horizon)
    lower, upper = _band(values, tests[chosen], terms.slots(NEIGHBOURS_SECONDS, history.step))
    return Outlook(name, whole, chosen, tuple(values), lower, upper, tests, terms.poor)


def _band(values: Sequence[float], test: Backtest, reach: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    lower, upper = [], []
    for index, value in enumerate(values):
        near = slice(max(0, index - reach), index + reach + 1)
        errors = sorted(error for origin in test.residuals for error in origin[near])
        lower.append(max(0.0, value + min(0.0, _quantile(errors, BAND[0]))))
        upper.append(value + max(0.0, _quantile(errors, BAND[1])))
    return tuple(lower), tuple(upper)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
