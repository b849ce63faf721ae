import datetime as dt
import shutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from hubbub.accept.certificate import DAY_MS, Certificate
from hubbub.operate.cluster.certificate import make_certificate

DAYS = dt.timedelta(days=1)


class Lines:
    """What was logged."""

    def __init__(self, lines: list[MutableMapping[str, Any]]) -> None:
        self.lines = lines

    def taken(self) -> list[str]:
        """Those since last asked."""
        found = [f"{each['log_level']}: {each['event']}" for each in self.lines]
        self.lines.clear()
        return found


@pytest.fixture
def said() -> Iterator[Lines]:
    with capture_logs() as lines:
        yield Lines(lines)


def certificate(folder: Path, age: int, left: int) -> Certificate:
    pem, key = make_certificate(folder, age * DAYS, left * DAYS)
    return Certificate(str(pem), str(key))


SOON = "warning: the certificate expires soon: renew it, then kill -HUP"
LATE = "error: the certificate has expired: renew it, then kill -HUP"
AGAIN = "info: the certificate was read again"
KEPT = "error: the certificate was not renewed; the old one goes on"


@pytest.mark.parametrize(("age", "left", "notice"), [(0, 90, 14), (30, 60, 14), (0, 8, 2)])
def test_the_end_is_told_ahead_once_a_day(
    tmp_path: Path, said: Lines, age: int, left: int, notice: int
) -> None:
    made = certificate(tmp_path, age, left)
    due = made.ends_at - notice * DAY_MS
    heard = []
    for now in (
        due - 2_000,
        due,
        due + 1,
        due + DAY_MS - 1,
        due + DAY_MS,
        made.ends_at - 1,
        made.ends_at + DAY_MS,
    ):
        made.look(now)
        heard.append(said.taken())
    assert heard == [[], [SOON], [], [], [SOON], [SOON] if notice > 2 else [], [LATE]]


def test_the_next_one_is_read_and_said_to_have_been(tmp_path: Path, said: Lines) -> None:
    made = certificate(tmp_path, 80, 10)
    before = made.ends_at
    made.look(before - 10 * DAY_MS)
    make_certificate(tmp_path, 0 * DAYS, 90 * DAYS)
    made.reload(before - 9 * DAY_MS)
    assert said.taken() == [SOON, AGAIN]
    assert made.ends_at > before + 79 * DAY_MS


@pytest.mark.parametrize("broken", ["certificate.pem", "key.pem", "both"])
def test_what_cannot_be_used_changes_nothing(tmp_path: Path, said: Lines, broken: str) -> None:
    made = certificate(tmp_path, 0, 90)
    ends = made.ends_at
    (tmp_path / "other").mkdir()
    make_certificate(tmp_path / "other", 0 * DAYS, 200 * DAYS)
    if broken == "both":
        (tmp_path / "certificate.pem").write_text(
            "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n"
        )
    else:
        shutil.copy(tmp_path / "other" / broken, tmp_path / broken)  # its counterpart is still the old one
    made.reload(ends - 80 * DAY_MS)
    assert said.taken() == [KEPT]
    assert made.ends_at == ends


def test_at_the_start_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"certificate.pem and .*key.pem are no certificate and its key"):
        Certificate(str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem"))
