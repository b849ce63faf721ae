"""The transactional outbox: a row per entry, PENDING → SENT (on the bus) → ACKED (on a recipient's device).

Rows are written by the journal in the entry's own transaction. They name (chat, seq), never content.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, bindparam, func, select, update

from hubbub.persist.dialects import NUMBER, TEXT, Statement, of
from hubbub.persist.engine import Database
from hubbub.persist.tables import ACKED, PENDING, SENT, entries, outbox

Range = tuple[str, int, int]
"""(chat, first seq, last seq)"""
Acked = tuple[str, str, int, int]
"""(chat, user whose device confirmed, after seq, up to seq)"""
CLAIM = 1_000  # rows read at a time by the recovery; more are read the next second
PURGE = 5_000  # rows deleted at a time, so that the write lock is never held for long


class Outbox:
    """Which rows were put on the bus and are to be marked; marked with the journal's next transaction or tick."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sent: list[Range] = []

    def sent(self, ranges: Sequence[Range]) -> None:
        """These entries are on the bus."""
        self._sent.extend(ranges)

    def marking(self) -> Callable[[Connection], None]:
        """The work of marking what is on the bus until now, for a transaction; if it fails, recovery does it."""
        ranges, self._sent = self._sent, []
        return partial(_mark, ranges)

    async def flush(self) -> None:
        """Mark what is on the bus in a transaction of its own: the journal is idle."""
        if self._sent:
            marking = self.marking()
            await self._database.transact(lambda lane: lane.run_sync(marking))

    async def left_behind(self, before: int) -> list[Range]:
        """What a crash left PENDING, created before `before` (ms), by chat."""
        waiting = (
            select(outbox.c.chat, outbox.c.seq)
            .where(outbox.c.state == PENDING, outbox.c.created_at < before)
            .order_by(outbox.c.created_at)
            .limit(CLAIM)
            .subquery()
        )
        query = select(waiting.c.chat, func.min(waiting.c.seq), func.max(waiting.c.seq)).group_by(
            waiting.c.chat
        )
        async with self._database.reading() as connection:
            return [(chat, first, last) for chat, first, last in await connection.execute(query)]

    async def purge(self, before: int) -> int:
        """Delete some rows created before `before` (ms) that are not PENDING; how many were.

        Looking for them reads the whole table, so that is done without the write lock.
        """
        old = (
            select(outbox.c.chat, outbox.c.seq)
            .where(outbox.c.state != PENDING, outbox.c.created_at < before)
            .limit(PURGE)
        )
        async with self._database.reading() as lane:
            found = [tuple(row) for row in await lane.execute(old)]
        if found:
            await self._database.transact(lambda lane: lane.run_sync(_PURGE.run, found))
        return len(found)


def _mark(ranges: Sequence[Range], connection: Connection) -> None:
    if of(connection).joins_ranges:
        _MARK_RANGES.run(connection, ranges)
    else:
        _MARK.run(connection, [(chat, seq) for chat, first, last in ranges for seq in range(first, last + 1)])


def acknowledge(connection: Connection, acked: Sequence[Acked], now: int) -> None:
    """Recipients' devices confirmed these; a sender's own device does not count."""
    if acked:
        names = ("confirmed_in", "by", "after", "upto")
        connection.execute(
            _ACKNOWLEDGE, [dict(zip(names, each, strict=True)) | {"now": now} for each in acked]
        )


_MARK_RANGES = Statement(
    {"chat": TEXT, "first": NUMBER, "last": NUMBER},
    lambda given, _: (
        update(outbox)
        .where(outbox.c.chat == given["chat"], outbox.c.seq.between(given["first"], given["last"]))
        .where(outbox.c.state == PENDING)
        .values(state=SENT)
    ),
)
_MARK = Statement(
    {"chat": TEXT, "seq": NUMBER},
    lambda given, _: (
        update(outbox)
        .where(outbox.c.chat == given["chat"], outbox.c.seq == given["seq"], outbox.c.state == PENDING)
        .values(state=SENT)
    ),
)
_PURGE = Statement(
    {"chat": TEXT, "seq": NUMBER}, lambda given, dialect: dialect.deleting(outbox, given, "chat", "seq")
)
_SENDER = (
    select(entries.c.sender)
    .where(entries.c.chat == outbox.c.chat, entries.c.seq == outbox.c.seq)
    .scalar_subquery()
)
_ACKNOWLEDGE = (
    update(outbox)
    .where(outbox.c.chat == bindparam("confirmed_in"))
    .where(outbox.c.seq > bindparam("after"), outbox.c.seq <= bindparam("upto"), outbox.c.state < ACKED)
    .where(bindparam("by") != _SENDER)
    .values(state=ACKED, delivered_at=bindparam("now"))
)
