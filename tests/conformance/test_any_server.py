"""The conformance suite is what it says: it needs a URL and nothing of ours."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE / "hubbub_conformance"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda each: each.name)
def test_it_imports_nothing_of_the_server(path: Path) -> None:
    assert [
        name for name in imported(path) if name.split(".")[0] in {"hubbub", "hubbub_client", "tests"}
    ] == []


def test_it_asks_a_server_at_its_addresses_on_every_wire() -> None:
    command = [sys.executable, str(HERE / "run.py"), "-k", "test_messages or test_framed_tcp", "-rA"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.findall(r"^PASSED .*\[(websocket|tcp)\+(json|protobuf)", done.stdout, re.MULTILINE)
    assert len(set(passed)) == 4


def test_a_server_that_is_not_there_fails_every_play() -> None:
    command = [
        sys.executable,
        "-m",
        "hubbub_conformance",
        "--http",
        "http://127.0.0.1:9",
        "--ws",
        "ws://127.0.0.1:9/ws",
    ]
    done = subprocess.run(
        [*command, "-k", "test_ids_are"], check=False, capture_output=True, text=True, cwd=HERE
    )
    assert done.returncode == 1
    assert "2 errors" in done.stdout or "2 failed" in done.stdout
