import pytest
from typer.testing import CliRunner

from hubbub.operate.drill import command
from hubbub.operate.drill.command import app
from hubbub.operate.drill.scene import Scene
from hubbub.operate.drill.table import DRILLS, Drill

WIDE = {"COLUMNS": "200", "TERM": "dumb"}


async def never(_scene: Scene) -> None:
    raise AssertionError("it was run")


def test_the_drills_are_listed() -> None:
    done = CliRunner().invoke(app, ["--list"], env=WIDE)
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == list(DRILLS)


def test_an_unknown_one_is_refused_with_the_names_of_those_there_are() -> None:
    done = CliRunner().invoke(app, ["node-kil"], env=WIDE)
    assert done.exit_code == 2
    assert "there is no drill 'node-kil'" in done.output
    assert "node-kill" in done.output


def test_what_is_missing_is_said_in_one_line_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking = {
        "a-program": Drill("A", never, ("no-such-program",)),
        "a-right": Drill("B", never, (), lambda: "only root may"),
    }
    monkeypatch.setattr(command, "DRILLS", lacking)
    monkeypatch.setattr(command, "enter_own_network", lambda: False)
    monkeypatch.setattr("hubbub.operate.drill.table.BINARIES", "/bin")
    monkeypatch.setattr("hubbub.operate.drill.table.ALWAYS", ("sh",))
    done = CliRunner().invoke(app, [], env=WIDE)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "not run a-program: no-such-program is not installed",
        "not run a-right: only root may",
    ]
