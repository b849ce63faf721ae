"""Where the history of a forecast comes from, and the forecast itself: one call from a source to the outlooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubbub.operate.forecast import csv_file, prometheus
from hubbub.operate.forecast.export import UNITS
from hubbub.operate.forecast.outlook import Outlook, Terms, look_ahead
from hubbub.operate.forecast.series import HistoryRefusedError, Point, regular


@dataclass(frozen=True)
class Source:
    """A CSV file, or a Prometheus. `where`: label matchers; `history` and `step` in seconds."""

    csv: Path | None
    prometheus: str | None
    where: str
    history: float
    step: float

    def read(self, now: float) -> Mapping[str, Sequence[Point]]:
        """The points of each series. Raises HistoryRefusedError, OSError."""
        if self.prometheus is None:
            return csv_file.read(self.csv or Path())
        found = {}
        for name in UNITS:
            promql = prometheus.query(name, self.where, self.step)
            found[name] = prometheus.read(self.prometheus, promql, now - self.history, now, self.step)
        return found


def forecast(source: Source, terms: Terms, now: float) -> tuple[Outlook, ...]:
    """An outlook for each series that holds anything. Raises HistoryRefusedError, OSError."""
    points = {name: found for name, found in source.read(now).items() if found}
    if not points:
        raise HistoryRefusedError("the history is empty: is the metric scraped, and does --where match it?")
    return tuple(look_ahead(name, regular(found, source.step), terms) for name, found in points.items())
