"""Closing gaps: positions are compared with the heads in the database, and what is missing is read from the log.

So a lost last entry is found within two seconds although nothing follows it, and a bus may lose what it likes.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from hubbub.model.errors import Refused
from hubbub.model.ports import Log
from hubbub.push.channel import Channel
from hubbub.push.hub import Hub

CHUNK = 500
OVERLAP_MS = (
    5_000  # changes are stamped before they commit, by clocks that differ: look back a little, always
)

Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class ChangedHeads(Protocol):
    """persist/heads."""

    async def changed(self, since: int) -> list[tuple[str, int]]: ...


class CatchUp:
    """Fills the gaps of a hub's channels."""

    def __init__(self, log: Log, heads: ChangedHeads, spawn: Spawn) -> None:
        self._log = log
        self._heads = heads
        self._spawn = spawn
        self.hub: Hub
        self.filled = 0

    def fill(self, channel: Channel) -> None:
        """Read what the channel misses; it is marked as filling."""
        self._spawn(self._fill(channel), "fill a gap")

    async def _fill(self, channel: Channel) -> None:
        try:
            entries = await self._log.after(channel.chat.id, channel.position, CHUNK, "")
        except BaseException as error:
            channel.filling = False
            if isinstance(error, Refused):
                return  # the next comparison tries again
            raise
        self.filled += len(entries)
        self.hub.filled(channel, entries)

    def hint(self, chat: str, head: int) -> None:
        """The chat's log reaches at least `head`."""
        channel = self.hub.channel(chat)
        if channel is not None and head > channel.position and not channel.filling:
            channel.filling = True
            self.fill(channel)

    async def compare(self, now: int) -> None:
        """Compare with the heads of chats that changed lately. Raises the database's errors."""
        for chat, head in await self._heads.changed(now - OVERLAP_MS):
            self.hint(chat, head)
