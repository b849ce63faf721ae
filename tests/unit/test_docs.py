"""What the documents point at is there, and they speak of no machine but the reader's."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "clients").glob("*/*.md")])
OF_TODAY = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/path.md")
]  # they show no future files

LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
FOLDER = re.compile(r"(?<![\w/.-])(?:bench|docs|fuzz|tests)/[\w./-]*\w")
TARGET = re.compile(r"`?make ([a-z]+)(?: ([a-z]+))?`")
ELSEWHERE = re.compile(r"/work/|\.\./shared|/root/|/home/")


PATH = ROOT / "docs" / "path.md"
STAGE = r"(?:accept|codec|dispatch|execute|model|persist|publish|push|runtime|wiring)"
NAME = re.compile(rf"`({STAGE}/[a-z_/]+)((?:\.\w+)*)`")


def told_by(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=told_by)
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=told_by)
def test_no_page_speaks_of_the_machine_it_was_written_on(page: Path) -> None:
    assert ELSEWHERE.findall(page.read_text()) == []


@pytest.mark.parametrize("page", OF_TODAY, ids=told_by)
def test_files_mentioned_exist(page: Path) -> None:
    mentioned = set(FOLDER.findall(page.read_text()))
    there = {name for name in mentioned if any(ROOT.joinpath(name + end).exists() for end in ("", ".py"))}
    assert mentioned - there == set()


@pytest.mark.parametrize("page", OF_TODAY, ids=told_by)
def test_make_knows_what_the_pages_tell_to_make(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {name for names in TARGET.findall(page.read_text()) for name in names if name}
    assert told - targets == set()


@pytest.mark.parametrize(("module", "name"), sorted(set(NAME.findall(PATH.read_text()))))
def test_the_path_is_that_of_the_code(module: str, name: str) -> None:
    found: object = importlib.import_module("hubbub." + module.replace("/", "."))
    for part in name.split(".")[1:]:
        found = getattr(found, part)


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(LINK.findall((folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("0*.md")}
