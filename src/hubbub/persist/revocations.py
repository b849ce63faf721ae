"""Which sessions have ended: database rows, kept in memory, polled every second (docs/protocol.md §3.7).

`is_revoked` is asked on every authentication and reads only memory. What another node revoked is seen by the next poll.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from sqlalchemy import Select, select

from hubbub.persist.engine import Database
from hubbub.persist.failures import OUTAGES, said
from hubbub.persist.sessions import PURGE_BATCH, purge
from hubbub.persist.tables import sessions

POLL_SECONDS = 1.0
OVERLAP_MS = 60_000  # rows are stamped before they commit, by clocks that differ: look back a minute, always
PURGE_EVERY_MS = 600_000
PURGE_AFTER_MS = 86_400_000

Ended = Callable[[Sequence[str]], None]
log = structlog.get_logger("hubbub.revocations")


class Revocations:
    """The revoked sessions that still have access tokens out.

    `on_revoked` and `on_expired` get ids of sessions whose connections must be closed now, each once. The memory is
    bounded by the revocations of one access token's life, some 150 bytes each.
    """

    def __init__(
        self, database: Database, clock: Callable[[], int], on_revoked: Ended, on_expired: Ended
    ) -> None:
        self._database = database
        self._clock = clock
        self._on_revoked = on_revoked
        self._on_expired = on_expired
        self._until: dict[str, int] = {}
        self._polled_at = 0
        self._purged_at = 0
        self._failing = False

    def is_revoked(self, session: str) -> bool:
        """Whether tokens of this session are worth nothing any more."""
        return session in self._until

    def announce(self, revoked: Sequence[str]) -> None:
        """Sessions this process just revoked (the transaction is committed): remembered and told at once."""
        self._remember((session, self._clock() + 2 * OVERLAP_MS) for session in revoked)

    async def load(self) -> None:
        """Before the first connection: every revocation that matters still. Raises the database's errors."""
        now = self._clock()
        ended = select(sessions.c.id, sessions.c.expires_at).where(
            sessions.c.revoked_at.is_not(None), sessions.c.expires_at > now
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(ended)
            self._until = {row[0]: row[1] for row in rows}
        self._polled_at = now

    async def run(self) -> None:
        """Poll for ever. A database that is away is asked again a second later; one log line says when and until when."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.poll()
            except OUTAGES as error:
                if not self._failing:
                    log.warning("revocations cannot be read; retrying every second", error=said(error))
                self._failing = True
            else:
                if self._failing:
                    log.info("revocations are read again")
                self._failing = False

    async def poll(self) -> None:
        """What was revoked and what ran out since the last poll that worked. Raises the database's errors."""
        now = self._clock()
        async with self._database.reading() as connection:
            revoked = (await connection.execute(_revoked_since(self._polled_at - OVERLAP_MS))).all()
            expired = list(await connection.scalars(_expired_between(self._polled_at, now)))
        self._polled_at = max(now, self._polled_at)
        self._remember((row[0], max(row[1], row[2] + 2 * OVERLAP_MS)) for row in revoked)
        self._until = {session: until for session, until in self._until.items() if until > now}
        if expired:
            self._on_expired(expired)
        await self._purge(now)

    def _remember(self, revoked: Iterable[tuple[str, int]]) -> None:
        fresh: list[str] = []
        for session, until in revoked:
            if session not in self._until:
                fresh.append(session)
            self._until[session] = max(until, self._until.get(session, 0))
        if fresh:
            self._on_revoked(fresh)

    async def _purge(self, now: int) -> None:
        """A batch a second until nothing is left, then a pause: the journal never waits for more than one batch."""
        if now - self._purged_at < PURGE_EVERY_MS:
            return
        if await purge(self._database, now - PURGE_AFTER_MS) < PURGE_BATCH:
            self._purged_at = now


def _revoked_since(since: int) -> Select[Any]:
    return select(sessions.c.id, sessions.c.expires_at, sessions.c.revoked_at).where(
        sessions.c.revoked_at >= since
    )


def _expired_between(after: int, until: int) -> Select[Any]:
    return select(sessions.c.id).where(
        sessions.c.expires_at > after, sessions.c.expires_at <= until, sessions.c.revoked_at.is_(None)
    )
