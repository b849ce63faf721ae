"""The forecast as a PNG: what was, what comes, its band, and the baseline beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hubbub.operate.forecast.models import BASELINE, seasonal_naive
from hubbub.operate.forecast.outlook import Outlook

DAYS_SHOWN = 3.0


def draw(outlooks: Sequence[Outlook], season_seconds: float, path: Path) -> None:
    """One panel for each series. Raises ModuleNotFoundError without the extra `hubbub[forecast]`, OSError for the file."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - large; imported when it is run

    figure = Figure(figsize=(10, 3.2 * len(outlooks)), layout="constrained")
    panels = figure.subplots(len(outlooks), 1, squeeze=False)[:, 0]
    for outlook, panel in zip(outlooks, panels, strict=True):
        _panel(panel, outlook, round(season_seconds / outlook.history.step))
    figure.savefig(path, format="png", dpi=120)


def _panel(panel, outlook: Outlook, season: int) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - matplotlib has no types
    history, length = outlook.history, len(outlook.values)
    shown = history.values[-round(DAYS_SHOWN * 86_400 / history.step) :]
    past = [_moment(history.end - (len(shown) - index) * history.step) for index in range(len(shown))]
    future = [_moment(outlook.time(index)) for index in range(length)]
    panel.plot(past, shown, color="black", linewidth=1, label="measured")
    panel.plot(
        future, seasonal_naive(history.values, season, length), color="grey", linestyle=":", label=BASELINE
    )
    panel.plot(future, outlook.values, color="tab:blue", label=f"forecast ({outlook.model})")
    panel.fill_between(future, outlook.lower, outlook.upper, color="tab:blue", alpha=0.2, label="90 % band")
    panel.set(title=f"{outlook.name}: WAPE {outlook.error:.1%} in the backtest", ylim=(0, None))
    panel.legend(loc="upper left", fontsize="small")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
