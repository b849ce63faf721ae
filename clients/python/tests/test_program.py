"""The command line of `hubbub-chat`, as far as it goes without a server."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hubbub_client.terminal import app, main

runner = CliRunner()


def test_help_tells_how_to_use_it_in_scripts() -> None:
    result = runner.invoke(app, ["--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "--password-env" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ftp://h"], "no address of a server"),
        (["--password-env", "NOT_THERE"], "NOT_THERE"),
        (["--password-file", "/not/there"], "/not/there"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_happens(arguments: list[str], said: str) -> None:
    result = runner.invoke(app, arguments)
    assert result.exit_code == 1
    assert said in result.output


def test_a_server_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    password = tmp_path / "password"
    password.write_text("some-password")
    options = ["--user", "alice", "--password-file", str(password), "--state", str(tmp_path), "--plain"]
    with pytest.raises(SystemExit) as ended:
        main(["http://127.0.0.1:1", *options])
    assert ended.value.code == 1
    assert "127.0.0.1 does not answer" in capsys.readouterr().out
