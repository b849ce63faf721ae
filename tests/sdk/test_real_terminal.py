"""`hubbub chat` in a real terminal of 80×24, while the server is killed: what a person sees who sits there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest
from tests.sdk.conftest import PASSWORD

from hubbub.testing.server_process import ServerProcess
from hubbub_client.events import Message
from hubbub_client.sync import Client

COLUMNS, LINES = 80, 24
PATIENCE = 60.0


class RealTerminal:
    """A program behind a pseudo-terminal, and what stands on its screen."""

    def __init__(self, *command: str) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._fd, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        size = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(LINES)}
        self._process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env=os.environ | size, start_new_session=True
        )
        os.close(other)

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def sees(self, *parts: str) -> None:
        """Wait until every part stands on the screen."""
        deadline = time.monotonic() + PATIENCE
        while not all(part in self.text for part in parts):
            assert time.monotonic() < deadline, f"never saw {parts}:\n{self.text}"
            self._read(0.1)

    def types(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def ends(self) -> int:
        """The exit status, once it has ended by itself."""
        while self._read(0.1):
            pass
        return self._process.wait(PATIENCE)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._fd], [], [], seconds)[0]:
            return True
        try:
            said = os.read(self._fd, 65_536)
        except OSError:  # how Linux says that the other side has closed
            return False
        self._stream.feed(said)
        return bool(said)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)


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
