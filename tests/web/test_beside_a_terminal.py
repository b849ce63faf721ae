"""One conversation: a browser on WebSocket with JSON, and a terminal on framed TCP with Protobuf."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.sdk.real_terminal import RealTerminal
from tests.web.conftest import Visitors
from tests.web.visitor import PASSWORD

from hubbub.testing.server_process import ServerProcess


@pytest.fixture
def terminal(server: ServerProcess, tmp_path: Path) -> Iterator[RealTerminal]:
    program = str(Path(sys.executable).with_name("hubbub"))
    wire = ("--codec", "protobuf", "--api", server.root)
    started = RealTerminal(program, "chat", f"tcp://{server.tcp}", *wire, "--state", str(tmp_path / "state"))
    yield started
    started.close()


def test_what_one_says_the_other_sees(visitors: Visitors, terminal: RealTerminal) -> None:
    terminal.sees("Name", "Password", "Create account")
    terminal.types("alice\r")
    terminal.sees("Enter logs in")
    terminal.types(PASSWORD)
    terminal.sees("•" * len(PASSWORD))
    terminal.types("\x1bOR")  # F3
    terminal.sees("Nobody to talk to yet")
    terminal.types("\x1bOR")
    terminal.sees("type a name to make one")
    terminal.types("wires")
    terminal.sees("which anybody may join")
    terminal.types("\r")
    terminal.sees("# wires", "the beginning of wires")
    bob = visitors.comes("bob")
    bob.joins("wires")
    terminal.sees("bob joined")
    bob.says("from the browser 你好")
    terminal.sees("from the browser")
    terminal.types("from the terminal\r")
    terminal.sees("from the terminal ✓")
    mine = bob.sees("from the terminal")
    mine.hover()
    mine.get_by_role("button", name="Add a reaction").click()
    bob.page.get_by_role("group", name="Smileys").get_by_role("button").first.click()
    expect(mine.locator(".reactions button")).to_have_count(1)
    terminal.sees("from the terminal ✓✓ read", "😀")
