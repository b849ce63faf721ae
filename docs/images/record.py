"""Makes two-terminals.svg: alice and bob talk through a real server, which is killed with -9 in between.

    .venv/bin/python docs/images/record.py

Nothing is drawn by hand: what the picture shows is what the two programs printed.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

PROGRAM = Path(sys.executable).with_name("hubbub")
PICTURE = Path(__file__).with_name("two-terminals.svg")
PATIENCE = 60.0  # seconds to wait for any one line
WIDTH = 92
FONT_FROM_AFAR = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # a picture asks nobody for anything


class Terminal:
    """One `hubbub chat`: what was typed into it and what it printed, in order."""

    def __init__(self, user: str, url: str, state: Path) -> None:
        self.user = user
        self.lines: list[Text] = []
        self._new = threading.Condition()
        self._read = 0
        command = [
            PROGRAM,
            "chat",
            url,
            "--user",
            user,
            "--password-env",
            "PASSWORD",
            "--state",
            state,
            "--plain",
        ]
        self._process = subprocess.Popen(
            [*command, "--color"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PASSWORD": f"the password of {user}", "COLUMNS": str(WIDTH)},
            text=True,
        )
        threading.Thread(target=self._listen, args=[self._process.stdout], daemon=True).start()

    def _listen(self, output: IO[str]) -> None:
        for line in output:
            with self._new:
                self.lines.append(Text.from_ansi(line.rstrip("\n")))
                self._new.notify_all()

    def types(self, line: str) -> None:
        """Type a line."""
        with self._new:
            self.lines.append(Text(f"> {line}", style="bold"))
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def sees(self, pattern: str) -> None:
        """Wait for a line that was not looked at before."""
        deadline = time.monotonic() + PATIENCE
        with self._new:
            while True:
                while self._read < len(self.lines):
                    self._read += 1
                    line = self.lines[self._read - 1].plain
                    if not line.startswith("> ") and re.search(pattern, line):
                        return
                if not self._new.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{self.user} never saw {pattern}; saw {self.lines}")

    def ends(self) -> None:
        """Close the terminal."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)


def serve(port: int, data: Path) -> subprocess.Popen[bytes]:
    """Start a server and wait until it listens."""
    arguments = ["--port", str(port), "--internal-port", "0", "--data", data, "--log-level", "error"]
    server = subprocess.Popen([PROGRAM, "serve", *arguments])
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return server


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def play(folder: Path) -> list[Terminal]:
    """The conversation."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = serve(port, folder / "data")
    alice, bob = (Terminal(user, url, folder / user) for user in ("alice", "bob"))
    try:
        alice.sees("you are alice")
        bob.sees("you are bob")
        alice.types("/room lobby public")
        alice.sees("made lobby")
        bob.types("/join lobby")
        alice.sees("bob")
        bob.types("hello alice")
        alice.sees("hello alice")
        server.send_signal(signal.SIGKILL)
        server.wait()
        alice.sees("(?i)lost|disconnect|reconnect|gone")
        alice.types("are you still there?")
        server = serve(port, folder / "data")
        bob.sees("are you still there")
        bob.types("nothing lost, nothing twice")
        alice.sees("nothing lost, nothing twice")
        bob.sees("nothing lost, nothing twice")
    finally:
        for terminal in (alice, bob):
            terminal.ends()
        server.terminate()
        server.wait()
    return [alice, bob]


def main() -> None:
    """Play it and save the picture."""
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        terminals = play(Path(folder))
        console = Console(
            record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor"
        )
        panels = [Panel(Group(*each.lines), title=f"hubbub chat --user {each.user}") for each in terminals]
        console.print(*panels)
        picture = console.export_svg(
            title="Two terminals; where the connection is lost, the server was killed with -9"
        )
        PICTURE.write_text(FONT_FROM_AFAR.sub("", picture))


if __name__ == "__main__":
    main()
