"""A program in a real terminal of 80×24: what a person sees who sits there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

import pyte

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
