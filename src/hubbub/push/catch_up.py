"""Closing gaps: what this node holds is compared with the heads in the database, and what is missing is read from the log.

So a lost last entry is found within two seconds although nothing follows it, and a bus may lose what it likes.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from hubbub.model.entries import Entry, MemberChanged, Renamed
from hubbub.model.errors import Refused
from hubbub.model.heads import Head
from hubbub.model.ports import Chats, Log
from hubbub.push.channel import Channel
from hubbub.push.hub import Hub

CHUNK = 500
OVERLAP_MS = (
    5_000  # changes are stamped before they commit, by clocks that differ: look back a little, always
)

Spawn = Callable[[Coroutine[Any, Any, None], str], object]
Arrived = Callable[[str, str, int], None]


class ChangedHeads(Protocol):
    """persist/heads."""

    async def changed(self, since: int) -> list[Head]: ...
    async def joined(self, changed: Sequence[str], since: int) -> list[tuple[str, str, int]]: ...


class CatchUp:
    """Fills the gaps of a hub's channels.

    `settled` waits until this node's own commit in progress is answered: its reply comes before the push, whoever read the
    entry first. `arrived(user, chat, after)` is told of chats that became visible to users whose nodes were not told.
    """

    def __init__(
        self,
        log: Log,
        heads: ChangedHeads,
        chats: Chats,
        spawn: Spawn,
    ) -> None:
        self._log = log
        self._heads = heads
        self._chats = chats
        self._spawn = spawn
        self._compared: int | None = None
        self._elsewhere: dict[str, int] = {}  # rights versions of changed chats nobody here listens to
        self.hub: Hub
        self.settled: Callable[[], Awaitable[None]] = _at_once
        self.arrived: Arrived = lambda _user, _chat, _after: None
        self.filled = 0

    def fill(self, channel: Channel) -> None:
        """Read what the channel misses; it is marked as filling."""
        self._spawn(self._fill(channel), "fill a gap")

    async def _fill(self, channel: Channel) -> None:
        try:
            entries = await self._log.after(channel.chat.id, channel.position, CHUNK, "")
            await self.settled()
            await self._renew(channel, entries)
        except BaseException as error:
            channel.filling = False
            if isinstance(error, Refused):
                return  # the next comparison tries again
            raise
        self.filled += len(entries)
        self.hub.filled(channel, entries)

    async def _renew(self, channel: Channel, entries: Sequence[Entry]) -> None:
        """The chat in memory says what these entries say, before anybody is told."""
        chat = channel.chat
        moved = any(type(entry) in _MOVES_RIGHTS and entry.seq > chat.head for entry in entries)
        if moved or not chat.advance(entries):
            self._chats.outdated(chat.id)
        if self._chats.peek(chat.id) is None:
            await self._chats.load(chat.id)

    def behind(self, channel: Channel, head: int) -> None:
        """Something before `head` is missing, or not to be believed: read the chat and its log."""
        channel.reach = max(channel.reach, head)
        if not channel.filling:
            channel.filling = True
            self.fill(channel)

    def hint(self, chat: str, head: int) -> None:
        """The chat's log reaches at least `head`."""
        channel = self.hub.channel(chat)
        if channel is not None and head > channel.position:
            self.behind(channel, head)

    async def compare(self, now: int) -> None:
        """Compare with the heads of chats that changed lately. Raises the database's errors."""
        since = (now if self._compared is None else min(now, self._compared)) - OVERLAP_MS
        changed = await self._heads.changed(since)
        elsewhere = [head for head in changed if not self._compare(head)]
        moved = [each.chat for each in elsewhere if self._elsewhere.get(each.chat) != each.rights_version]
        if moved:
            for chat, user, seq in await self._heads.joined(moved, since):
                self.arrived(user, chat, seq - 1)
        self._elsewhere = {each.chat: each.rights_version for each in elsewhere}
        self._compared = now

    def _compare(self, head: Head) -> bool:
        """Whether the chat is listened to here; then its channel is, or will be, where the log is."""
        for user in head.people:
            self.arrived(user, head.chat, head.head)
        channel = self.hub.channel(head.chat)
        chat = self._chats.peek(head.chat) if channel is None else channel.chat
        if chat is not None and chat.rights_version < head.rights_version:
            self._chats.outdated(head.chat)
        if channel is None:
            if chat is not None and chat.head < head.head:
                self._chats.outdated(head.chat)
            return False
        if head.head > channel.position or self._chats.peek(head.chat) is None:
            self.behind(channel, head.head)
        return True


async def _at_once() -> None:
    """Where nothing is ever being committed."""


_MOVES_RIGHTS = frozenset({MemberChanged, Renamed})
