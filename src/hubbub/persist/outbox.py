"""The transactional outbox: a row per entry, PENDING → SENT (on the bus) → ACKED (on a recipient's device).

Rows are written by the journal in the entry's own transaction. They name (chat, seq), never content.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, func, select, text

from hubbub.persist.bulk import as_json
from hubbub.persist.engine import Database
from hubbub.persist.tables import ACKED, PENDING, SENT, outbox

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
            async with self._database.writing() as lane:
                await lane.run_sync(self.marking())

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
            async with self._database.writing() as lane:
                await lane.execute(_PURGE, {"rows": as_json(found)})
        return len(found)


def _mark(ranges: Sequence[Range], connection: Connection) -> None:
    if ranges:
        connection.execute(_MARK, {"ranges": as_json(ranges)})


def acknowledge(connection: Connection, acked: Sequence[Acked], now: int) -> None:
    """Recipients' devices confirmed these; a sender's own device does not count."""
    for chat, user, after, upto in acked:
        given = {"chat": chat, "user": user, "after": after, "upto": upto, "now": now}
        connection.execute(_ACKNOWLEDGE, given)


_MARK = text(
    "UPDATE outbox SET state = :sent WHERE state = :pending AND (chat, seq) IN (SELECT o.chat, o.seq"
    " FROM json_each(:ranges) AS r"
    " CROSS JOIN outbox AS o ON o.chat = r.value ->> 0 AND o.seq BETWEEN r.value ->> 1 AND r.value ->> 2)"
).bindparams(sent=SENT, pending=PENDING)
_PURGE = text(
    "DELETE FROM outbox WHERE (chat, seq) IN (SELECT r.value ->> 0, r.value ->> 1 FROM json_each(:rows) AS r)"
)
_ACKNOWLEDGE = text(
    "UPDATE outbox SET state = :acked, delivered_at = :now"
    " WHERE chat = :chat AND seq > :after AND seq <= :upto AND state < :acked"
    " AND :user <> (SELECT e.sender FROM entries AS e WHERE e.chat = outbox.chat AND e.seq = outbox.seq)"
).bindparams(acked=ACKED)
