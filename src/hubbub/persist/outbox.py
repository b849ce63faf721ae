"""The transactional outbox: a row per entry, PENDING → SENT (on the bus) → ACKED (on a recipient's device).

Rows are written by the journal in the entry's own transaction. They name (chat, seq), never content.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, bindparam, func, literal_column, select, tuple_, update

from hubbub.model.administration import OutboxChat, OutboxView
from hubbub.persist.dialects import NUMBER, TEXT, Statement, of
from hubbub.persist.engine import Database
from hubbub.persist.failures import reading
from hubbub.persist.tables import ACKED, PENDING, SENT, entries, outbox

Range = tuple[str, int, int]
"""(chat, first seq, last seq)"""
Acked = tuple[str, str, int, int]
"""(chat, user whose device confirmed, after seq, up to seq)"""
CLAIM = 1_000  # rows read at a time by the recovery; more are read the next second
LEASE_MS = 5_000  # for publishing what was claimed: thousands of times longer than it takes
PURGE = 5_000  # rows deleted at a time, so that the write lock is never held for long


class Outbox:
    """Which rows were put on the bus and are to be marked; marked with the journal's next transaction or tick.

    As last looked at: `pending` rows, the oldest made at `oldest_at` (ms). Since the start: ranges `claimed` after another
    node, and `reclaimed` after one that had claimed them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sent: list[Range] = []
        self.pending = 0
        self.oldest_at = 0
        self.claimed = 0
        self.reclaimed = 0

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
        """Claim what a dead node left PENDING, created before `before` (ms, of the database's time), a chat as a whole.

        The claim is a lease: whoever does not mark its rows SENT in time leaves them to the next node. A chat whose first
        row is claimed is somebody else's, so that nothing is published out of order.
        """
        async with self._database.reading() as connection:
            self.pending, oldest = (await connection.execute(_STATUS)).first()
            self.oldest_at = oldest or 0
            if not self.pending or self.oldest_at >= before:
                return []
            found = [tuple(row) for row in await connection.execute(_WAITING, {"before": before})]
        return await self._database.transact(lambda lane: lane.run_sync(self._claim, found, before))

    def _claim(self, connection: Connection, found: Sequence[Range], before: int) -> list[Range]:
        now = before  # the lease needs no more than that all nodes count it alike
        free = {
            chat: attempts
            for chat, until, attempts in _FIRSTS.run(connection, [(chat, first) for chat, first, _ in found])
            if (until or 0) <= now
        }
        claimed = [each for each in found if each[0] in free]
        if claimed:
            names = ("of_chat", "first", "last")
            given = [dict(zip(names, each, strict=True)) | {"until": now + LEASE_MS} for each in claimed]
            connection.execute(_CLAIM, given)
        self.claimed += len(claimed)
        self.reclaimed += sum(bool(attempts) for attempts in free.values())
        return claimed

    async def view(self, limit: int) -> OutboxView:
        """What is PENDING, as it is at rest: the chats that wait the longest first."""
        with reading():
            async with self._database.reading() as lane:
                pending, oldest = (await lane.execute(_STATUS)).all()[0]
                rows = (await lane.execute(_BY_CHAT, {"limit": limit})).mappings()
        return OutboxView(pending=pending, oldest_at=oldest, chats=[OutboxChat(**row) for row in rows])

    async def release(self) -> None:
        """Give up every claim: whoever recovers next, on whatever node, takes what is PENDING."""
        with reading():
            await self._database.transact(lambda lane: lane.execute(_RELEASE))

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


_IS_PENDING = outbox.c.state == literal_column(str(PENDING))  # a parameter would hide the partial index
_STATUS = select(func.count(), func.min(outbox.c.created_at)).where(_IS_PENDING, outbox.c.created_at >= 0)
_BY_CHAT = (
    select(
        outbox.c.chat,
        func.min(outbox.c.seq).label("first"),
        func.max(outbox.c.seq).label("last"),
        func.count().label("pending"),
        func.min(outbox.c.created_at).label("oldest_at"),
        func.max(func.coalesce(outbox.c.attempts, 0)).label("attempts"),
        func.max(outbox.c.claimed_until).label("claimed_until"),
    )
    .where(_IS_PENDING)
    .group_by(outbox.c.chat)
    .order_by(func.min(outbox.c.created_at), outbox.c.chat)
    .limit(bindparam("limit"))
)
_RELEASE = update(outbox).where(_IS_PENDING, outbox.c.claimed_until.is_not(None)).values(claimed_until=None)
_OLD = (
    select(outbox.c.chat, outbox.c.seq)
    .where(_IS_PENDING, outbox.c.created_at < bindparam("before"))
    .order_by(outbox.c.created_at)
    .limit(CLAIM)
    .subquery()
)
_WAITING = select(_OLD.c.chat, func.min(_OLD.c.seq), func.max(_OLD.c.seq)).group_by(_OLD.c.chat)
_FIRSTS = Statement(
    {"chat": TEXT, "seq": NUMBER},
    lambda given, dialect: dialect.locking(
        select(outbox.c.chat, outbox.c.claimed_until, outbox.c.attempts).where(
            _IS_PENDING,
            tuple_(outbox.c.chat, outbox.c.seq).in_(select(given["chat"], given["seq"])),
        ),
        outbox,
    ),
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.chat == bindparam("of_chat"), _IS_PENDING)
    .where(outbox.c.seq.between(bindparam("first"), bindparam("last")))
    .values(claimed_until=bindparam("until"), attempts=func.coalesce(outbox.c.attempts, 0) + 1)
)
_MARK_RANGES = Statement(
    {"chat": TEXT, "first": NUMBER, "last": NUMBER},
    lambda given, _: (
        update(outbox)
        .where(outbox.c.chat == given["chat"], outbox.c.seq.between(given["first"], given["last"]))
        .where(_IS_PENDING)
        .values(state=SENT)
    ),
)
_MARK = Statement(
    {"chat": TEXT, "seq": NUMBER},
    lambda given, _: (
        update(outbox)
        .where(outbox.c.chat == given["chat"], outbox.c.seq == given["seq"], _IS_PENDING)
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
