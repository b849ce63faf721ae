"""The time all nodes agree on: the database's. A node measures how far its own clock is off, once a second.

What is compared between nodes (when a chat changed, how long a row has been pending, when a session was revoked) is
stamped with it, so that a node whose clock is wrong does no harm. On the embedded store it is the machine's clock.
"""

import time

from sqlalchemy import text

from hubbub.persist.engine import Database

NS_PER_MS = 1_000_000


def machine_clock() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // NS_PER_MS


def _monotonic() -> int:
    return time.monotonic_ns() // NS_PER_MS


class DatabaseClock:
    """Called like a clock: ms since the Unix epoch. Between two measurements the node's monotonic clock carries it on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._offset = machine_clock() - _monotonic()

    def __call__(self) -> int:
        return _monotonic() + self._offset

    async def measure(self) -> None:
        """Ask the database; wrong by half the round trip at most. Raises the database's errors."""
        asked = self._database.dialect.now
        if asked is None:
            self._offset = machine_clock() - _monotonic()
            return
        async with self._database.reading() as lane:
            before = _monotonic()
            now = int(await lane.scalar(text(asked)))
            self._offset = now - (before + _monotonic()) // 2
