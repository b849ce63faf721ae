"""How well a model would have forecast the last days, had it known only what came before each of them (rolling origin)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubbub.operate.forecast.models import Model


@dataclass(frozen=True)
class Backtest:
    """`residuals[k][h]`: measured minus forecast, `h` slots after the k-th origin; `measured`: the sum of what was measured."""

    residuals: tuple[tuple[float, ...], ...]
    measured: float

    @property
    def error(self) -> float:
        """WAPE: the sum of absolute errors as a share of the sum measured. Unlike MAPE it survives nights with nobody online."""
        missed = sum(abs(residual) for origin in self.residuals for residual in origin)
        return missed / self.measured if self.measured else float(missed > 0)


def backtest(model: Model, values: Sequence[float], season: int, horizon: int, origins: int) -> Backtest:
    """Forecast `horizon` slots from each of the last `origins` seasons' ends, each time from what lay before alone."""
    residuals, measured = [], 0.0
    for back in range(origins, 0, -1):
        origin = len(values) - horizon - (back - 1) * season
        actual = values[origin : origin + horizon]
        guessed = model(values[:origin], season, horizon)
        residuals.append(tuple(was - said for was, said in zip(actual, guessed, strict=True)))
        measured += sum(actual)
    return Backtest(tuple(residuals), measured)
