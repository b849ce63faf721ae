"""What deploy/ names exists: the server refuses unknown variables, and nobody notices a wrong one before the night it is needed."""

import re
from pathlib import Path

import pytest
import typer

from hubbub.wiring.commands import app
from hubbub.wiring.settings.keys import VARIABLES

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\bHUBBUB_[A-Z0-9_]+")
CALL = re.compile(r"\bhubbub[\"']?,? [\"']?(serve|migrate|config)\b([^\n]*)")
OPTION = re.compile(r"--[a-z][a-z-]*")
NO_SETTINGS = frozenset({"HUBBUB_CONFIG"})  # names the file


def told_by(path: Path) -> str:
    return str(path.relative_to(ROOT))


TEXTS = [path for path in sorted((ROOT / "deploy").rglob("*")) if path.is_file()]


@pytest.mark.parametrize("path", TEXTS, ids=told_by)
def test_every_variable_is_a_setting(path: Path) -> None:
    assert set(VARIABLE.findall(path.read_text())) <= set(VARIABLES) | NO_SETTINGS


@pytest.mark.parametrize("path", TEXTS, ids=told_by)
def test_every_option_is_one_of_the_command(path: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, rest in CALL.findall(path.read_text()):
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(OPTION.findall(rest)) <= known


def test_a_wrong_name_would_be_seen() -> None:
    assert VARIABLE.findall("HUBBUB_PROT=1") == ["HUBBUB_PROT"]
    assert "HUBBUB_PROT" not in VARIABLES
    assert CALL.findall('["hubbub", "serve"] \n hubbub serve --prot 1') == [
        ("serve", '"] '),
        ("serve", " --prot 1"),
    ]
