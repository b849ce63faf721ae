"""Standard error, written by a thread: whoever reads it slowly, or not at all, holds up no event loop.

What waits is bounded; lines beyond are left out, and the next one that is written says how many.
"""

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import TextIO

WAITING_BYTES = 4_194_304  # some ten thousand lines: more than a busy second; whoever reads no more reads no more later either
LAST_LINES_SECONDS = 1.0  # for what waits at the end of the process


class StandardError:
    """Takes lines from any thread. `left_out(count)` gives the line that says how many there was no room for."""

    def __init__(self, stream: TextIO, left_out: Callable[[int], str], bound: int = WAITING_BYTES) -> None:
        self._stream = stream
        self._left_out = left_out
        self._bound = bound
        self._waiting: deque[str] = deque()
        self._chars = 0
        self._lost = 0
        self._writing = False
        self._moved = Condition()
        Thread(target=self._run, name="standard error", daemon=True).start()

    def write(self, line: str) -> None:
        """Queue a line; never waits for who reads it."""
        with self._moved:
            if self._chars + len(line) > self._bound:
                self._lost += 1
                return
            self._waiting.append(line)
            self._chars += len(line)
            self._moved.notify_all()

    def flush(self) -> None:
        """Nothing: it is written soon."""

    def drain(self, seconds: float = LAST_LINES_SECONDS) -> bool:
        """Wait until all is written, but no longer; whether it is."""
        with self._moved:
            return self._moved.wait_for(lambda: not self._waiting and not self._writing, seconds)

    def _run(self) -> None:
        while True:
            text = self._take()
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError):
                pass  # whoever read it is gone, and nobody is left to tell
            with self._moved:
                self._writing = False
                self._moved.notify_all()

    def _take(self) -> str:
        with self._moved:
            self._moved.wait_for(lambda: self._waiting)
            text, lost = "".join(self._waiting), self._lost
            self._waiting.clear()
            self._chars = self._lost = 0
            self._writing = True
        return text + self._left_out(lost) if lost else text
