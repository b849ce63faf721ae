"""The bench's side of the crowd: the holders' processes, and what they are told."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load.server import SECRET

from crowd.board import Board

BENCH = Path(__file__).parents[1]
AT_ONCE = 4  # holders that connect at a time: more only stand in each other's way
STOP_SECONDS = 60


class Holders:
    """All of them. `shares`: how many connections each is to have in the end."""

    def __init__(self, board: Board, processes: "list[subprocess.Popen[bytes]]", shares: list[int]) -> None:
        self._board = board
        self._processes = processes
        self._shares = shares

    @property
    def pids(self) -> list[int]:
        """Their processes."""
        return [each.pid for each in self._processes]

    def totals(self) -> dict[str, int]:
        """What they have seen. Raises RuntimeError if one has ended."""
        for number, process in enumerate(self._processes):
            if process.poll() is not None:
                raise RuntimeError(f"holder {number} ended with status {process.returncode}: see holders.log")
        return self._board.totals()

    def delays(self) -> list[int]:
        """How long messages took from when they were due until they arrived, in buckets (crowd.board)."""
        return self._board.delays()

    def connect(self) -> None:
        """Let a few that are not full grow; to be called now and then until all are."""
        growing = 0
        for number, share in enumerate(self._shares):
            if self._board.row(number)[0] < share and growing < AT_ONCE:
                self._board.order(number, "goal", share)
                growing += 1

    def stay(self) -> None:
        """Connect no more than there are."""
        for number in range(len(self._shares)):
            self._board.order(number, "goal", 0)

    def talk(self, a_minute: float) -> None:
        """Send so many messages a minute together, from ever other connections; 0: be silent."""
        each = round(a_minute / len(self._shares))
        for number in range(len(self._shares)):
            self._board.order(number, "rate", max(1, each) if a_minute else 0)

    def leave(self, connections: int) -> None:
        """Let so many go together. They come back with `connect`."""
        self.stay()
        for number in range(len(self._shares)):
            self._board.order(number, "away", connections // len(self._shares))

    def end(self) -> None:
        """Let everything go."""
        for number in range(len(self._shares)):
            self._board.order(number, "end", 1)


@contextmanager
def holders(folder: Path, port: int, connections: int, share: int, rooms: int) -> Iterator[Holders]:
    """Processes of `share` connections each (the last one of what is left), connected to nothing yet."""
    firsts = range(0, connections, share)
    shares = [min(share, connections - first) for first in firsts]
    board = Board.make(folder / "board", len(shares))
    processes = []
    with (folder / "holders.log").open("wb") as log:
        for number, (first, count) in enumerate(zip(firsts, shares, strict=True)):
            words = (folder / "board", number, port, first, count, rooms, SECRET)
            command = [sys.executable, "-S", "-E", "-m", "crowd.holder", *map(str, words)]
            processes.append(subprocess.Popen(command, cwd=BENCH, stderr=log))
        made = Holders(board, processes, shares)
        try:
            yield made
        finally:
            made.end()
            for each in processes:
                _wait(each)


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
