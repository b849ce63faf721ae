"""From the journal to the bus: the only place that publishes.

What is committed goes out straight from memory; what a crash left PENDING in the outbox is announced by its range, and
whoever listens reads it from the log.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from hubbub.model.proposals import Committed

Range = tuple[str, int, int]
LEFT_BEHIND_MS = 1_000


class Bus(Protocol):
    """Takes what was committed to every node: publish/local_bus."""

    def publish(self, committed: Sequence[Committed]) -> None: ...


class Rows(Protocol):
    """The outbox: persist/outbox."""

    def sent(self, ranges: Sequence[Range]) -> None: ...
    async def flush(self) -> None: ...
    async def left_behind(self, before: int) -> list[Range]: ...


class Relay:
    """`hint(chat, head)` tells the hub that a chat's log reaches at least `head`."""

    def __init__(self, bus: Bus, rows: Rows, hint: Callable[[str, int], None]) -> None:
        self._bus = bus
        self._rows = rows
        self._hint = hint

    def publish(self, committed: Sequence[Committed]) -> None:
        """Put a committed batch on the bus and note its rows as sent."""
        self._bus.publish(committed)
        self._rows.sent(
            [(each.chat.id, each.entries[0].seq, each.entries[-1].seq) for each in committed if each.entries]
        )

    async def recover(self, now: int) -> int:
        """Mark what was sent, then send what was left behind; how many ranges that were. Raises database errors."""
        await self._rows.flush()
        left = await self._rows.left_behind(now - LEFT_BEHIND_MS)
        for chat, _, last in left:
            self._hint(chat, last)
        self._rows.sent(left)
        return len(left)
