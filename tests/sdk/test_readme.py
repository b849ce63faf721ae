"""The first messages that the README of the client promises."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.testing.server_process import ServerProcess

PAGE = Path(__file__).parents[2] / "clients" / "python" / "README.md"
SCRIPTS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path, {})
    server.start()
    yield server
    server.crash()


def started(script: str, server: ServerProcess) -> "subprocess.Popen[str]":
    text = script.replace("http://127.0.0.1:8080", server.root)
    assert text != script
    return subprocess.Popen([sys.executable, "-u", "-c", text], stdout=subprocess.PIPE, text=True)


def first_line_with(words: str, program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    return next(line for line in program.stdout if words in line)


def test_with_asyncio_then_without(server: ServerProcess) -> None:
    with_asyncio, without, *_ = SCRIPTS
    first = started(with_asyncio, server)
    assert "content='hello'" in first_line_with("Message(", first)
    second = started(without, server)
    assert "content='hello again'" in first_line_with("content='hello again'", second)
    assert "content='hello again'" in first_line_with("content='hello again'", first)
    first.kill()
    first.communicate()
    second.communicate()
    assert second.returncode == 0
