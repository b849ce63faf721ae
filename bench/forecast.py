"""How good `hubbub forecast` is on generated traffic: the backtest's error (WAPE) of Holt-Winters against "tomorrow is as today was".

The figures of docs/forecast.md. Needs the extra: pip install 'hubbub[forecast]'.
"""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from hubbub.operate.forecast.models import BASELINE, CHALLENGER
from hubbub.operate.forecast.outlook import Outlook, Terms, look_ahead
from hubbub.operate.forecast.series import regular
from hubbub.testing.traffic import Traffic

STEP = 900.0
DAYS = 21
KINDS: Mapping[str, Traffic] = {
    "days alone": Traffic(),
    "days, noise 5 %": Traffic(noise=0.05),
    "days, noise 5 %, growing 10 % a week": Traffic(noise=0.05, growth=0.1),
    "days, noise 15 %": Traffic(noise=0.15),
    "days, noise 5 %, weekends at 60 %": Traffic(noise=0.05, weekend=0.4),
    "noise alone, 50 %": Traffic(swing=0.0, noise=0.5),
}


def outlook(traffic: Traffic) -> Outlook:
    """The forecast for the day after `DAYS` days of it."""
    return look_ahead("connections", regular(traffic.points(DAYS, STEP), STEP), Terms())


def main() -> None:
    table = Table(
        "traffic", BASELINE, CHALLENGER, "taken", "trusted", title=f"WAPE, {DAYS} days in slots of 15 min"
    )
    for kind, traffic in KINDS.items():
        found = outlook(traffic)
        errors = (f"{found.backtests[name].error:.1%}" for name in (BASELINE, CHALLENGER))
        table.add_row(kind, *errors, found.model, "yes" if found.trusted else "no")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
