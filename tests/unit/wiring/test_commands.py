"""The `hubbub` program: what it prints, what it exits with, what it hands on."""

import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from typer.testing import CliRunner, Result

from hubbub.wiring import commands
from hubbub.wiring.settings import Settings, keys

SECRET = "a secret of at least 32 characters"
REFERENCE = Path(__file__).parents[3] / "docs" / "configuration.md"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `hubbub <arguments>` in an empty directory, with the environment given by keywords."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environ: str) -> Result:
        return CliRunner().invoke(commands.app, arguments, env=environ)

    return run


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Callable[..., object]], None]:
    """Puts a function in the place of one that a command imports when it runs."""

    def stand_in(module: str, name: str, function: Callable[..., object]) -> None:
        made = ModuleType(module)
        setattr(made, name, function)
        monkeypatch.setitem(sys.modules, module, made)

    return stand_in


def test_config_shows_every_key_with_its_origin(run: Run) -> None:
    result = run("config", "--port", "9090", HUBBUB_LIMITS_CROWD="7")
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines()[1:]}
    assert result.exit_code == 0
    assert set(rows) == set(keys.KEYS)
    assert rows["port"] == ["port", "9090", "--port"]
    assert rows["limits.crowd"] == ["limits.crowd", "7", "HUBBUB_LIMITS_CROWD"]
    assert rows["host"] == ["host", '"127.0.0.1"', "default"]
    assert rows["allowed_origins"] == ["allowed_origins", "[]", "default"]


@pytest.mark.parametrize("form", [[], ["--json"], ["--toml"]])
@pytest.mark.parametrize(
    "url", ["postgresql://me:sword/@swordfish@db/hubbub", "mysql://db/hubbub?password=swordfish&x=1"]
)
def test_config_masks_secrets(form: list[str], url: str, run: Run) -> None:
    result = run("config", *form, HUBBUB_AUTH_SECRET=SECRET, HUBBUB_DATABASE_URL=url)
    assert result.exit_code == 0
    assert "********" in result.stdout
    assert "HUBBUB_AUTH_SECRET" in result.stdout
    assert "secret of at least" not in result.stdout
    assert "swordfish" not in result.stdout


def test_config_as_json_can_be_read(run: Run) -> None:
    content = msgspec.json.decode(run("config", "--json", "--log-level", "debug").stdout)
    assert content["log.level"] == {"value": "debug", "from": "--log-level"}
    assert content["allowed_origins"] == {"value": [], "from": "default"}


def test_config_as_toml_sets_the_same_again(run: Run, tmp_path: Path) -> None:
    environ = {"HUBBUB_ALLOWED_ORIGINS": "https://a.example", "HUBBUB_LIMITS_SEND_PER_SECOND": "0.5"}
    first = run("config", "--toml", **environ).stdout
    assert tomllib.loads(first)["limits"]["send_per_second"] == 0.5
    (tmp_path / "hubbub.toml").write_text(first)
    again = msgspec.json.decode(run("config", "--json").stdout)
    assert again["allowed_origins"] == {"value": ["https://a.example"], "from": "hubbub.toml"}


def test_the_reference_in_the_docs_is_the_one_printed(run: Run) -> None:
    assert run("config", "--reference").stdout.strip() in REFERENCE.read_text(), "run `make reference`"


@pytest.mark.parametrize("command", ["serve", "config", "migrate"])
def test_wrong_settings_end_every_command_with_status_2_and_a_line_each(command: str, run: Run) -> None:
    result = run(command, HUBBUB_PORT="x", HUBBUB_NONSENSE="1")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "hubbub: HUBBUB_NONSENSE (from HUBBUB_NONSENSE): is no setting; `hubbub config` lists all there are",
        'hubbub: port = "x" (from HUBBUB_PORT): must be a whole number from 0 to 65_535',
    ]


@pytest.mark.parametrize("status", [0, 1])
def test_serve_hands_the_settings_on_and_exits_as_told(
    status: int, run: Run, stand_in: Callable[..., None]
) -> None:
    served: list[Settings] = []

    def serve(settings: Settings, _station: None) -> int:
        served.append(settings)
        return status

    stand_in("hubbub.wiring.app", "serve", serve)
    assert run("serve", "--port", "9090", "--data", "elsewhere").exit_code == status
    assert [(settings.port, settings.data) for settings in served] == [(9090, "elsewhere")]


def test_serve_says_in_one_line_why_it_cannot_listen(run: Run, stand_in: Callable[..., None]) -> None:
    def serve(_: Settings, _station: None) -> int:
        raise OSError(98, "Address already in use")

    stand_in("hubbub.wiring.app", "serve", serve)
    result = run("serve")
    assert result.exit_code == 1
    assert result.stderr == "hubbub: cannot serve: [Errno 98] Address already in use\n"


@pytest.mark.parametrize("command", [["serve", "--port", "0", "--internal-port", "0"], ["migrate"]])
def test_a_broken_store_is_told_in_one_line(command: list[str], tmp_path: Path) -> None:
    """In a process of its own: a server changes what it runs in."""
    (tmp_path / "hubbub.db").write_bytes(b"this is no database " * 100)
    program = Path(sys.executable).with_name("hubbub")
    done = subprocess.run(
        [program, *command, "--data", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("file is not a database")
    assert "Traceback" not in done.stderr


def test_migrate_makes_the_embedded_store_and_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        assert run("migrate", "--data", "there").exit_code == 0
    with closing(sqlite3.connect(tmp_path / "there" / "hubbub.db")) as store:
        assert store.execute("SELECT count(*) FROM entries").fetchone() == (0,)


def test_migrate_goes_to_the_database_named(run: Run, tmp_path: Path) -> None:
    assert run("migrate", "--database-url", f"sqlite:///{tmp_path / 'named.db'}").exit_code == 0
    assert (tmp_path / "named.db").exists()


def test_migrate_says_in_one_line_what_is_in_the_way(run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "hubbub.db")) as store:
        store.executescript(
            "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('9999')"
        )
    result = run("migrate", "--data", ".")
    assert result.exit_code == 1
    assert result.stderr.startswith("hubbub: cannot migrate: The database has tables of version 9999")


def test_chat_passes_everything_on(run: Run, stand_in: Callable[..., None]) -> None:
    told: list[list[str]] = []
    stand_in("hubbub_client.terminal", "main", told.append)
    assert run("chat", "--server", "http://127.0.0.1:9", "bob", "--help").exit_code == 0
    assert told == [["--server", "http://127.0.0.1:9", "bob", "--help"]]


def test_version(run: Run) -> None:
    assert run("version").stdout == "hubbub 0.1.0\n"
