"""The command lines of `hubbub chat` and `hubbub send`, as far as they go without a server."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hubbub_client.terminal import chat, main, send
from hubbub_client.terminal.programs import read_password

runner = CliRunner()


def test_help_tells_how_to_use_it_in_scripts() -> None:
    result = runner.invoke(chat, ["--help"], env={"COLUMNS": "200"})
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
    result = runner.invoke(chat, arguments)
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


def test_a_password_comes_from_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text("first line\nsecond\n")
    monkeypatch.setenv("CHAT_PW", "from outside")
    assert read_password(file, None) == "first line"
    assert read_password(None, "CHAT_PW") == "from outside"
    assert read_password(None, None) is None
    with pytest.raises(ValueError, match="NOT_THERE"):
        read_password(None, "NOT_THERE")


def test_send_wants_words(tmp_path: Path) -> None:
    nothing = runner.invoke(send, ["--to", "lobby", "--state", str(tmp_path), "http://h"])
    assert nothing.exit_code == 77  # "http://h" is what is said; nobody is logged in
    empty = runner.invoke(send, ["--to", "lobby"], input="\n")
    assert empty.exit_code == 2
    assert "nothing to send" in empty.output
    assert runner.invoke(send, ["words"]).exit_code == 2
