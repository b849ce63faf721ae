"""The layout is the path of a message: folders have a place on the map, files are short, names say what happens."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hubbub

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "hubbub"
MAP = hubbub.__doc__ or ""
LONGEST = 400  # lines: what fits in a head; beyond it a file becomes a folder of the same name
SAY_NOTHING = frozenset(
    {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
)
STARTS_TASKS = frozenset({"create_task", "ensure_future"})


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if not {"node_modules", ".venv"} & set(path.parts))


def folders_of_map() -> list[str]:
    indented = [line.split()[0] for line in MAP.splitlines() if line.startswith("    ")]
    return [word.removesuffix("/") for word in indented if word.endswith("/")]


def told_by(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_map_shows_every_folder_and_no_other() -> None:
    folders = [path.name for path in SRC.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert sorted(folders) == sorted(folders_of_map())


def test_nothing_lies_beside_the_folders() -> None:
    assert sorted(path.name for path in SRC.iterdir() if path.is_file()) == ["__init__.py", "py.typed"]


@pytest.mark.parametrize("path", sources("src", "clients", "tests", "bench", "fuzz"), ids=told_by)
def test_a_file_fits_in_a_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", sources("src", "clients", "tests", "bench", "fuzz"), ids=told_by)
def test_a_name_says_what_happens_here(path: Path) -> None:
    words = {word for part in path.relative_to(ROOT).with_suffix("").parts for word in part.split("_")}
    assert not words & SAY_NOTHING


def tasks_started(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in STARTS_TASKS:
            yield node.lineno


@pytest.mark.parametrize(
    "path", [path for path in sources("src") if path != SRC / "runtime" / "spawn.py"], ids=told_by
)
def test_only_spawn_starts_tasks(path: Path) -> None:
    """What ruff's banned-api cannot see: `loop.create_task`, whatever the loop is called."""
    assert list(tasks_started(path)) == []


def test_a_task_started_elsewhere_would_be_seen(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("import asyncio\n\nloop = asyncio.new_event_loop()\nloop.create_task(print())\n")
    assert list(tasks_started(planted)) == [4]


def test_unit_tests_mirror_the_source() -> None:
    folders = {path.name for path in (ROOT / "tests" / "unit").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= set(folders_of_map())
