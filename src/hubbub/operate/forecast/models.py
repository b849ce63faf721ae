"""Ways to forecast: each is given a whole history, and gives as many values after it as it is asked for."""

import math
from collections.abc import Callable, Mapping, Sequence

# Parameters that minimise the error of the next slot follow its noise, and miss tomorrow: fitted so, the backtest of
# bench/forecast.py was worse than its baseline on growing traffic. These look a day ahead.
LEVEL_SEASONS = 0.5  # the level forgets over half a season
TREND = 0.05  # of what moves the level moves the trend
SEASONAL = 0.2  # of a deviation at this hour is expected tomorrow at this hour
DAMPING = 0.99

Model = Callable[[Sequence[float], int, int], list[float]]  # history, slots of a season, slots to forecast


def seasonal_naive(history: Sequence[float], season: int, horizon: int) -> list[float]:
    """Tomorrow is as today was: the baseline that everything else must beat."""
    last = history[-season:]
    return [last[index % season] for index in range(horizon)]


def holt_winters(history: Sequence[float], season: int, horizon: int) -> list[float]:
    """Exponential smoothing of the logarithm, with a damped trend and a season (Holt 1957, Winters 1960).

    On the logarithm growth lifts the peak as it lifts the night, and no forecast is below zero. Raises ModuleNotFoundError
    without the extra `hubbub[forecast]`.
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # noqa: PLC0415 - large; imported when it is run

    model = ExponentialSmoothing(
        [math.log1p(value) for value in history],
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=season,
        initialization_method="heuristic",
    )
    level = -math.expm1(-1 / (LEVEL_SEASONS * season))
    smoothed = model.fit(
        optimized=False,
        smoothing_level=level,
        smoothing_trend=level * TREND,
        smoothing_seasonal=SEASONAL,
        damping_trend=DAMPING,
    )
    return [max(0.0, math.expm1(value)) for value in smoothed.forecast(horizon)]


BASELINE = "seasonal-naive"
CHALLENGER = "Holt-Winters"
MODELS: Mapping[str, Model] = {BASELINE: seasonal_naive, CHALLENGER: holt_winters}
