"""Where the logs of lately changed chats end, for the comparison that finds what no bus brought (architecture §2)."""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import and_, bindparam, select

from hubbub.model.heads import Head
from hubbub.persist.engine import Database
from hubbub.persist.lane import Lane
from hubbub.persist.rows import MEMBER
from hubbub.persist.tables import chats, entries

TAIL = 1_000  # entries of one chat looked through for new members; more within seconds are found by their own news
CHUNK = 500


class Heads:
    """Reads heads from the primary. Both queries raise the database's errors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changed(self, since: int) -> list[Head]:
        """Chats changed since `since` (ms)."""
        async with self._database.reading() as connection:
            rows = await connection.execute(_CHANGED, {"since": since})
            return [
                Head(chat, head, rights, (one, other) if visible and one is not None else ())
                for chat, head, rights, visible, one, other in rows
            ]

    async def joined(self, changed: Sequence[str], since: int) -> list[tuple[str, str, int]]:
        """(chat, user, seq) of who became a member of one of these chats since `since` (ms)."""
        found: list[tuple[str, str, int]] = []
        async with self._database.reading() as connection:
            for start in range(0, len(changed), CHUNK):
                asked = {"ids": changed[start : start + CHUNK], "since": since}
                found += _joined(tuple(row) for row in await connection.execute(_MEMBERS, asked))
        return found


async def head_of(lane: Lane, chat: str) -> int:
    """The seq of a chat's last entry; 0 where there is no such chat."""
    return await lane.scalar(_HEAD, {"chat": chat}) or 0


def _joined(rows: Iterator[tuple[str, int, str]]) -> Iterator[tuple[str, str, int]]:
    for chat, seq, extra in rows:
        user, change, *_ = msgspec.json.decode(extra)
        if change == "joined":
            yield chat, user, seq


_HEAD = select(chats.c.head).where(chats.c.id == bindparam("chat"))
_CHANGED = select(
    chats.c.id, chats.c.head, chats.c.rights_version, chats.c.visible, chats.c.one, chats.c.other
).where(chats.c.changed_at >= bindparam("since"))
_MEMBERS = (
    select(entries.c.chat, entries.c.seq, entries.c.extra)
    .join(chats, and_(entries.c.chat == chats.c.id, entries.c.seq > chats.c.head - TAIL))
    .where(chats.c.id.in_(bindparam("ids", expanding=True)))
    .where(entries.c.kind == MEMBER, entries.c.ts >= bindparam("since"))
    .order_by(entries.c.chat, entries.c.seq)
)
