from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hubbub.operate.forecast import command
from hubbub.operate.forecast.command import address, app, seconds


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "one of the two"),
        (("--csv", "a", "--prometheus", "http://127.0.0.1"), "one of the two"),
        (("--csv", "a", "--listen", "127.0.0.1:0"), "--listen needs --every"),
        (("--csv", "a", "--step", "quarter"), "'quarter' is no duration"),
        (("--csv", "a", "--every", "0s"), "'0s' is no duration"),
        (("--csv", "a", "--every", "1h", "--listen", "9108"), "'9108' is no address"),
        (("--csv", "a", "--poor", "0"), "--poor"),
        (("--csv", "a", "--origins", "1"), "--origins"),
    ],
)
def test_wrong_usage_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2
    assert said in done.output


def test_a_missing_extra_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "EXTRA", ("json", "no_such_module"))
    done = CliRunner().invoke(app, ["--csv", str(tmp_path)])
    assert done.exit_code == 1
    assert "forecast needs no_such_module: pip install 'hubbub[forecast]'" in done.output


@pytest.mark.parametrize(("text", "value"), [("90s", 90), ("15m", 900), ("1.5h", 5_400), ("14d", 1_209_600)])
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("127.0.0.1:9108", ("127.0.0.1", 9108)), ("[::1]:0", ("::1", 0)), ("host:1", ("host", 1))],
)
def test_addresses(text: str, value: tuple[str, int]) -> None:
    assert address(text) == value


def test_a_port_beyond_the_last_is_no_address() -> None:
    with pytest.raises(typer.BadParameter):
        address("127.0.0.1:65536")
