"""Entries at rest, read in present form: a page before or after a seq."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, case, func, select

from hubbub.model.entries import Entry, Reaction
from hubbub.model.recent import Given, Kept, Window
from hubbub.persist.engine import Database
from hubbub.persist.failures import reading
from hubbub.persist.lane import Lane
from hubbub.persist.replicas import Replicas
from hubbub.persist.rows import COLUMNS, MESSAGE, Row, entry_of
from hubbub.persist.tables import entries, reactions

Counts = dict[int, dict[str, Reaction]]
END = 2**53
GIVEN = 2_000  # reactions kept by name in a window; before the message that has more of them it ends


class EntryLog:
    """Implements model.ports.Log."""

    def __init__(self, database: Database, replicas: Replicas | None = None) -> None:
        self._database = database
        self._replicas = replicas or Replicas(database)

    async def before(
        self, chat: str, seq: int, limit: int, reader: str, *, read_only: bool = False
    ) -> list[Entry]:
        """The last `limit` entries with a smaller seq, rising."""
        found = await self._page(_BEFORE, chat, seq, limit, reader, read_only=read_only)
        found.reverse()
        return found

    async def after(
        self, chat: str, seq: int, limit: int, reader: str, *, read_only: bool = False
    ) -> list[Entry]:
        """The first `limit` entries with a greater seq, rising."""
        return await self._page(_AFTER, chat, seq, limit, reader, read_only=read_only)

    async def _page(
        self,
        statement: Select[tuple[object, ...]],
        chat: str,
        seq: int,
        limit: int,
        reader: str,
        *,
        read_only: bool,
    ) -> list[Entry]:
        work = partial(_read, statement, {"chat": chat, "seq": seq, "limit": limit}, reader)
        with reading():
            if read_only:
                return await self._replicas.of_chat(chat, work)
            async with self._database.reading() as connection:
                return await work(connection)

    async def given(self, chat: str, seqs: Sequence[int]) -> Given:
        """Who gave which emoji to these messages; of the oldest nothing, where all have more than GIVEN."""
        with reading():
            async with self._database.reading() as connection:
                given, since = await _given(chat, seqs, connection)
        return {seq: emojis for seq, emojis in given.items() if seq >= since}

    async def ordinal(self, chat: str, seq: int) -> int:
        """How many messages there are up to `seq`."""
        with reading():
            async with self._database.reading() as connection:
                found = (await connection.execute(_ORDINAL, {"chat": chat, "seq": seq})).scalar()
        return int(found or 0)


async def _read(
    statement: Select[tuple[object, ...]], asked: dict[str, Any], reader: str, connection: Lane
) -> list[Entry]:
    rows: list[Row] = [tuple(row) for row in await connection.execute(statement, asked)]
    touched = _touched(rows)
    counts: Counts = defaultdict(dict)
    if touched:
        given = {"chat": asked["chat"], "seqs": touched, "reader": reader}
        for at, emoji, count, mine in await connection.execute(_REACTIONS, given):
            counts[at][emoji] = Reaction(count=count, mine=bool(mine))
    return [entry_of(row, counts.get(row[1])) for row in rows]


async def newest(chat: str, limit: int, lane: Lane) -> Window:
    """The last entries of a chat, for anybody. Fewer than `limit` where the chat, or room for reactions, ends."""
    asked = {"chat": chat, "seq": END, "limit": limit}
    rows: list[Row] = [tuple(row) for row in await lane.execute(_BEFORE, asked)]
    given, since = await _given(chat, _touched(rows), lane)
    kept = [Kept(entry_of(row), given[row[1]]) for row in reversed(rows) if row[1] >= since]
    return Window(rows[0][1] if rows else 0, kept)


async def _given(chat: str, seqs: Sequence[int], lane: Lane) -> tuple[dict[int, dict[str, list[str]]], int]:
    """Who gave which emoji, by message, and the seq from which on that is complete."""
    given: dict[int, dict[str, list[str]]] = defaultdict(dict)
    if not seqs:
        return given, 0
    rows = (await lane.execute(_GIVEN, {"chat": chat, "seqs": seqs, "limit": GIVEN + 1})).all()
    for at, emoji, user in rows:
        given[at].setdefault(emoji, []).append(user)
    return given, rows[-1][0] + 1 if len(rows) > GIVEN else 0


def _touched(rows: Sequence[Row]) -> list[int]:
    """Messages that something happened to since."""
    return [row[1] for row in rows if row[2] == MESSAGE and row[11] is not None]


_FIELDS = [entries.c[name] for name in COLUMNS]
_CHAT = entries.c.chat == bindparam("chat")
_BEFORE = (
    select(*_FIELDS).where(_CHAT, entries.c.seq < bindparam("seq")).order_by(entries.c.seq.desc())
    .limit(bindparam("limit"))
)  # fmt: skip
_AFTER = (
    select(*_FIELDS)
    .where(_CHAT, entries.c.seq > bindparam("seq"))
    .order_by(entries.c.seq)
    .limit(bindparam("limit"))
)
_ORDINAL = (
    select(entries.c.ordinal)
    .where(_CHAT, entries.c.seq <= bindparam("seq"))
    .order_by(entries.c.seq.desc())
    .limit(1)
)
_REACTIONS = (
    select(
        reactions.c.seq,
        reactions.c.emoji,
        func.count(),
        func.max(case((reactions.c.user == bindparam("reader"), 1), else_=0)),
    )
    .where(reactions.c.chat == bindparam("chat"), reactions.c.seq.in_(bindparam("seqs", expanding=True)))
    .group_by(reactions.c.seq, reactions.c.emoji)
)
_GIVEN = (
    select(reactions.c.seq, reactions.c.emoji, reactions.c.user)
    .where(reactions.c.chat == bindparam("chat"), reactions.c.seq.in_(bindparam("seqs", expanding=True)))
    .order_by(reactions.c.seq.desc())
    .limit(bindparam("limit"))
)
