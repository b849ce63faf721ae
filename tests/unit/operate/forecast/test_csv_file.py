from pathlib import Path

import pytest

from hubbub.operate.forecast.csv_file import read
from hubbub.operate.forecast.series import HistoryRefusedError


def written(folder: Path, text: str) -> Path:
    path = folder / "history.csv"
    path.write_text(text)
    return path


def test_times_are_seconds_or_iso_8601(tmp_path: Path) -> None:
    text = "time,connections\n60,1\n1970-01-01T00:02:00,2\n1970-01-01T01:03:00+01:00,3\n"
    assert read(written(tmp_path, text)) == {"connections": [(60.0, 1.0), (120.0, 2.0), (180.0, 3.0)]}


def test_an_empty_cell_is_a_gap(tmp_path: Path) -> None:
    found = read(written(tmp_path, "time,connections,messages\n0,,5\n60,2, \n120\n"))
    assert found == {"connections": [(60.0, 2.0)], "messages": [(0.0, 5.0)]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a first line"),
        ("time\n0\n", "needs a first line"),
        ("when,connections\n0,1\n", "needs a first line"),
        ("time,connections\n0,1\nyesterday,2\n", "line 3: "),
        ("time,connections\n0,many\n", "line 2: "),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(HistoryRefusedError, match=said):
        read(written(tmp_path, text))
