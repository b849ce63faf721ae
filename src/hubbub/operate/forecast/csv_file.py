"""History from a CSV file: a column `time`, and a column for each series."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from hubbub.operate.forecast.series import HistoryRefusedError, Point

TIME = "time"


def read(path: Path) -> Mapping[str, list[Point]]:
    """Points by column. Times are seconds since the epoch, or ISO 8601 (UTC if they do not say); an empty or missing cell is a gap.

    Raises HistoryRefusedError with the line that cannot be read, OSError where the file cannot.
    """
    with path.open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, restval="")
        columns = [name for name in rows.fieldnames or () if name != TIME]
        if TIME not in (rows.fieldnames or ()) or not columns:
            raise HistoryRefusedError(f"{path} needs a first line with {TIME} and a column for each series")
        points: dict[str, list[Point]] = {name: [] for name in columns}
        for row in rows:
            try:
                _take(row, points)
            except (TypeError, ValueError) as error:
                raise HistoryRefusedError(f"{path}, line {rows.line_num}: {error}") from error
    return points


def _take(row: Mapping[str, str], points: dict[str, list[Point]]) -> None:
    moment = _moment(row[TIME])
    for name, found in points.items():
        if row[name].strip():
            found.append((moment, float(row[name])))


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        said = datetime.fromisoformat(text)
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
