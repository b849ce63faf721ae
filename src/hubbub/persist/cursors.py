"""Cursors at rest: what rose in memory is written once a second, and confirms deliveries in the outbox.

After a crash they may step back by a second's worth (docs/protocol.md §2 Rules).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import nlargest
from weakref import WeakKeyDictionary

from msgspec import Struct
from sqlalchemy import Connection

from hubbub.model.chats import Chat
from hubbub.model.entries import Message
from hubbub.model.proposals import Committed
from hubbub.persist import bulk, outbox
from hubbub.persist.engine import Database

Key = tuple[Chat, str]


class Reach(Struct):
    """How far a chat's entries are confirmed: by `leader` up to `lead`, by somebody else up to `others`.

    Nobody confirms what they said themselves, so up to `lead` all but the leader's own entries are confirmed, and up to
    `others` all of them.
    """

    leader: str = ""
    lead: int = 0
    others: int = 0

    def of(self, user: str) -> int:
        """Up to where nothing new can be confirmed by this user."""
        return self.lead if user == self.leader else self.others

    def extend(self, user: str, received: int) -> None:
        """The user's device has everything up to `received`."""
        if user == self.leader:
            self.lead = max(self.lead, received)
        elif received > self.lead:
            self.leader, self.lead, self.others = user, received, self.lead
        else:
            self.others = max(self.others, received)


class CursorStore:
    """Which cursors rose since the last write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moved: set[Key] = set()
        self._confirmed: set[Key] = set()
        self._reaches: WeakKeyDictionary[Chat, Reach] = WeakKeyDictionary()

    def committed(self, committed: Sequence[Committed]) -> None:
        """Their own messages raised the senders' cursors."""
        for each in committed:
            for entry in each.entries:
                if type(entry) is Message:
                    self._moved.add((each.chat, entry.sender))

    def moved(self, chat: Chat, user: str) -> None:
        """The member's device received or showed something."""
        self._moved.add((chat, user))
        self._confirmed.add((chat, user))

    async def write(self, now: int) -> None:
        """Write what rose; raises the database's errors, and then writes it the next time."""
        if not self._moved:
            return
        moved, self._moved = self._moved, set()
        confirmed, self._confirmed = self._confirmed, set()
        try:
            reached = list(self._newly_acked(confirmed))
            acked = [(chat.id, user, after, upto) for chat, user, after, upto in reached]
            rows = _rows(moved)
            await self._database.transact(lambda lane: lane.run_sync(_store, rows, acked, now))
        except BaseException:
            self._moved |= moved
            self._confirmed |= confirmed
            raise
        for chat, user, _, received in reached:
            self._reaches.setdefault(chat, Reach()).extend(user, received)

    def _newly_acked(self, confirmed: set[Key]) -> Iterator[tuple[Chat, str, int, int]]:
        """(chat, user, after, up to) of the two furthest of each chat: what the others have, these two have."""
        by_chat: dict[Chat, list[tuple[int, str]]] = defaultdict(list)
        for chat, user in confirmed:
            member = chat.member(user)
            if member is not None:
                by_chat[chat].append((member.received, user))
        for chat, reached in by_chat.items():
            known = self._reaches.get(chat, Reach())
            for received, user in nlargest(2, reached):
                if received > known.of(user):
                    yield chat, user, known.of(user), received


def _store(
    connection: Connection, rows: Sequence[bulk.Cursor], acked: Sequence[outbox.Acked], now: int
) -> None:
    bulk.raise_cursors(connection, rows)
    outbox.acknowledge(connection, acked, now)


def _rows(moved: set[Key]) -> list[bulk.Cursor]:
    rows: list[bulk.Cursor] = []
    for chat, user in moved:
        member = chat.member(user)
        if member is not None:
            rows.append((chat.id, user, member.received, member.read, member.read_ordinal))
    return sorted(rows)
