"""`hubbub chat` in a real terminal, while the server is killed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sdk.conftest import PASSWORD
from tests.sdk.real_terminal import RealTerminal

from hubbub.testing.server_process import ServerProcess
from hubbub_client.events import Message
from hubbub_client.sync import Client


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    (tmp_path / "server").mkdir()
    server = ServerProcess(tmp_path / "server", {})
    server.start()
    yield server
    server.crash()


@pytest.fixture
def terminal(server: ServerProcess, tmp_path: Path) -> Iterator[RealTerminal]:
    program = str(Path(sys.executable).with_name("hubbub"))
    started = RealTerminal(program, "chat", server.root, "--state", str(tmp_path / "state"))
    yield started
    started.close()


def test_a_person_signs_up_and_loses_nothing_when_the_server_is_killed(
    server: ServerProcess, terminal: RealTerminal
) -> None:
    terminal.sees("Name", "Password", "Create account")
    terminal.types("alice\r")
    terminal.sees("alice", "Enter logs in")
    terminal.types(PASSWORD)
    terminal.sees("•" * len(PASSWORD))
    terminal.types("\x1bOR")  # F3
    terminal.sees("Nobody to talk to yet")
    terminal.types("\x1bOR")
    terminal.sees("Rooms", "type a name to make one")
    terminal.types("lobby")
    terminal.sees("which anybody may join")
    terminal.types("\r")
    terminal.sees("# lobby", "you are owner", "the beginning of lobby")
    terminal.types("before\r")
    terminal.sees("before ✓")
    with Client(server.root) as bob:
        bob.sign_up("bob", PASSWORD)
        chat = bob.rooms("lobby").rooms[0].chat
        bob.join(chat)
        bob.send(chat, "hello alice")
        terminal.sees("bob joined", "hello alice")
        server.crash()
        terminal.sees("Connection lost")
        terminal.types("in the dark\r")
        terminal.sees("in the dark", "1 message kept")
        server.start()
        terminal.sees("in the dark ✓")
        bob.connected()
        bob.send(chat, "\x1b[2Jnothing lost, nothing twice")
        terminal.sees("nothing lost, nothing twice", "before ✓", "bob joined")
        said = [each.content for each in bob.history(chat).entries if isinstance(each, Message)]
    assert said == ["before", "hello alice", "in the dark", "\x1b[2Jnothing lost, nothing twice"]
    shown = [line for line in terminal.text.splitlines() if "in the dark" in line]
    assert len(shown) == 1
    terminal.types("\x11")  # Ctrl+Q
    assert terminal.ends() == 0
