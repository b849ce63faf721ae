"""What the command prints: the backtest, the verdict, the day to come as a plot of characters."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table

from hubbub.operate.forecast.models import BASELINE, CHALLENGER
from hubbub.operate.forecast.outlook import Outlook

COLUMNS = 72
ROWS = 12


def backtest_table(outlooks: Sequence[Outlook]) -> Table:
    """WAPE by series and model."""
    table = Table("series", "history", *(f"WAPE {name}" for name in (BASELINE, CHALLENGER)), "trusted")
    for outlook in outlooks:
        days = len(outlook.history.values) * outlook.history.step / 86_400
        errors = (f"{outlook.backtests[name].error:.1%}" for name in (BASELINE, CHALLENGER))
        table.add_row(outlook.name, f"{days:.1f} days", *errors, "yes" if outlook.trusted else "no")
    return table


def verdict(outlook: Outlook) -> str:
    """Which is better and by how much, what comes, and what follows from it."""
    peak = max(range(len(outlook.values)), key=outlook.values.__getitem__)
    at = datetime.fromtimestamp(outlook.time(peak), UTC)
    most, lower, upper = (_round(each[peak]) for each in (outlook.values, outlook.lower, outlook.upper))
    lines = [
        f"{outlook.name}: {_comparison(outlook)}",
        f"  peak {most} at {at:%a %H:%M} UTC (band {lower} to {upper})",
    ]
    if not outlook.trusted:
        lines.append(
            f"  {outlook.error:.0%} is beyond {outlook.poor:.0%}: not exported; scale by what is measured now"
        )
    return "\n".join(lines)


def _comparison(outlook: Outlook) -> str:
    if outlook.model == CHALLENGER:
        return f"{CHALLENGER} is better than {BASELINE}, by {outlook.gain:.0%} of its error"
    if outlook.gain == 0:
        return f"{CHALLENGER} is no better than {BASELINE}, which is taken"
    return f"{CHALLENGER} is worse than {BASELINE}, which is taken"


def _round(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def plot(outlook: Outlook) -> str:
    """The forecast (`o`) in its band (`:`), time to the right, from zero upwards."""
    top = max(*outlook.upper, 1e-9)
    columns = [_column(outlook, index, top) for index in _sampled(len(outlook.values))]
    rows = ["".join(column[row] for column in columns) for row in range(ROWS - 1, -1, -1)]
    labels = [_round(top)] + [""] * (ROWS - 2) + ["0"]
    body = [f"{label:>9} │{row}" for label, row in zip(labels, rows, strict=True)]
    first, last = (
        f"{datetime.fromtimestamp(outlook.time(i), UTC):%a %H:%M}" for i in (0, len(outlook.values) - 1)
    )
    axis = f"{'':>9} └{'─' * len(columns)}"
    times = f"{'':>11}{first}{last:>{max(len(columns) - len(first), len(last) + 1)}}"
    return "\n".join([*body, axis, times])


def _sampled(length: int) -> list[int]:
    count = min(COLUMNS, length)
    return [index * length // count for index in range(count)]


def _column(outlook: Outlook, index: int, top: float) -> str:
    low, middle, high = (
        min(ROWS - 1, int(each[index] / top * ROWS))
        for each in (outlook.lower, outlook.values, outlook.upper)
    )
    return "".join("o" if row == middle else ":" if low <= row <= high else " " for row in range(ROWS))
