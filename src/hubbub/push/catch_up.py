"""Closing gaps: what this node holds is compared with the heads in the database, and what is missing is read from the log.

So a lost last entry is found within two seconds although nothing follows it, and a bus may lose what it likes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol

from hubbub.model.entries import Entry, MemberChanged, Renamed
from hubbub.model.errors import Refused
from hubbub.model.heads import Head
from hubbub.model.ports import Chats, Log
from hubbub.push.channel import Channel
from hubbub.push.hub import Hub
from hubbub.push.own_reactions import NOTHING, reacted_later

CHUNK = 500
OVERLAP_MS = (
    5_000  # changes are stamped before they commit, by clocks that differ: look back a little, always
)

Spawn = Callable[[Coroutine[Any, Any, None], str], object]
Flight = asyncio.Future[None]
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
        self._failed: set[Channel] = (
            set()
        )  # could not be read; the next comparison tries again, however old the change
        self._flights: dict[Channel, Flight] = {}
        self._compared: int | None = None
        self._rights: dict[str, int] = {}  # rights versions of the chats that changed lately
        self.hub: Hub
        self.settled: Callable[[], Awaitable[None]] = _at_once
        self.arrived: Arrived = lambda _user, _chat, _after: None
        self.filled = 0

    def fill(self, channel: Channel) -> None:
        """Read what the channel misses; it is marked as filling."""
        flight = self._flights[channel] = asyncio.get_running_loop().create_future()
        self._spawn(self._fill(channel, flight), "fill a gap")

    async def level(self, channel: Channel, reach: int) -> None:
        """Read until the channel is at `reach`, or at the log's end: a client may come from a node that heard more."""
        before = -1
        while before < channel.position < reach:
            before = channel.position
            self.behind(channel, before)
            await asyncio.shield(self._flights[channel])

    async def _fill(self, channel: Channel, flight: Flight) -> None:
        try:
            await self._read(channel)
        finally:
            if self._flights.get(channel) is flight:
                del self._flights[channel]
            flight.set_result(None)

    async def _read(self, channel: Channel) -> None:
        try:
            entries = await self._log.after(channel.chat.id, channel.position, CHUNK, "")
            later = reacted_later(entries)
            given = await self._log.given(channel.chat.id, later) if later else NOTHING
            await self.settled()
            await self._renew(channel, entries)
        except BaseException as error:
            channel.filling = False
            if isinstance(error, Refused):
                self._failed.add(channel)
                return
            raise
        self.filled += len(entries)
        self.hub.filled(channel, entries, given)

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

    def recheck(self, channels: Iterable[Channel]) -> None:
        """Channels somebody has just joined: where news came while their chats were being read, read again."""
        for channel in channels:
            if self._chats.peek(channel.chat.id) is None:
                self.behind(channel, channel.position)

    def hint(self, chat: str, head: int) -> None:
        """The chat's log reaches at least `head`."""
        channel = self.hub.channel(chat)
        if channel is not None and head > channel.position:
            self.behind(channel, head)

    async def compare(self, now: int) -> None:
        """Compare with the heads of chats that changed lately. Raises the database's errors."""
        failed, self._failed = self._failed, set()
        for channel in failed:
            if self.hub.channel(channel.chat.id) is channel:
                self.behind(channel, channel.reach)
        since = (now if self._compared is None else min(now, self._compared)) - OVERLAP_MS
        changed = await self._heads.changed(since)
        for head in changed:
            self._compare(head)
        moved = [each.chat for each in changed if self._rights.get(each.chat) != each.rights_version]
        if moved:
            for chat, user, seq in await self._heads.joined(moved, since):
                self.arrived(user, chat, seq - 1)
        self._rights = {each.chat: each.rights_version for each in changed}
        self._compared = now

    def _compare(self, head: Head) -> None:
        """What is in memory of the chat is, or will be, where the log is."""
        for user in head.people:
            self.arrived(user, head.chat, head.head)
        channel = self.hub.channel(head.chat)
        chat = self._chats.peek(head.chat) if channel is None else channel.chat
        if chat is not None and chat.rights_version < head.rights_version:
            self._chats.outdated(head.chat)
        if channel is None:
            if chat is not None and chat.head < head.head:
                self._chats.outdated(head.chat)
        elif head.head > channel.position or self._chats.peek(head.chat) is None:
            self.behind(channel, head.head)


async def _at_once() -> None:
    """Where nothing is ever being committed."""


_MOVES_RIGHTS = frozenset({MemberChanged, Renamed})
