"""Cursors at rest: what rose in memory is written once a second, and confirms deliveries in the outbox.

After a crash they may step back by a second's worth (docs/protocol.md §2 Rules).
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from hubbub.model.chats import Chat
from hubbub.model.entries import Message
from hubbub.model.proposals import Committed
from hubbub.persist import bulk, outbox
from hubbub.persist.engine import Database

Key = tuple[Chat, str]


class CursorStore:
    """Which cursors rose since the last write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moved: set[Key] = set()
        self._confirmed: set[Key] = set()
        self._acked: dict[str, int] = {}

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
            acked = self._newly_acked(confirmed)
            async with self._database.writing() as lane:
                await lane.run_sync(_store, _rows(moved), acked, now)
        except BaseException:
            self._moved |= moved
            self._confirmed |= confirmed
            raise
        for chat, _, _, received in acked:
            self._acked[chat] = received

    def _newly_acked(self, confirmed: set[Key]) -> list[outbox.Acked]:
        """(chat, user, after, up to) where a device is further than any was before."""
        best: dict[str, outbox.Acked] = {}
        for chat, user in confirmed:
            member = chat.member(user)
            after = self._acked.get(chat.id, 0)
            if member is not None and member.received > max(after, best.get(chat.id, ("", "", 0, 0))[3]):
                best[chat.id] = (chat.id, user, after, member.received)
        return list(best.values())


def _store(
    connection: Connection, rows: Sequence[bulk.Cursor], acked: Sequence[outbox.Acked], now: int
) -> None:
    bulk.update_cursors(connection, rows)
    outbox.acknowledge(connection, acked, now)


def _rows(moved: set[Key]) -> list[bulk.Cursor]:
    rows: list[bulk.Cursor] = []
    for chat, user in moved:
        member = chat.member(user)
        if member is not None:
            rows.append((chat.id, user, member.received, member.read, member.read_ordinal))
    return sorted(rows)
