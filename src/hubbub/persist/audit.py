"""What administrators did: a row and a log line for each act (model.administration.Audit)."""

import secrets
from collections.abc import Sequence
from functools import partial

import structlog
from msgspec import structs
from sqlalchemy import insert, select

from hubbub.model.administration import AuditLine
from hubbub.model.identity import Caller
from hubbub.model.ids import opaque
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.tables import audit

log = structlog.get_logger("hubbub.audit")


class StoredAudit:
    """The audit table. Rows are never changed, and only an operator with the database at hand deletes any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unavailable_when_down
    async def __call__(self, caller: Caller, act: str, subject: str, now: int, detail: str = "") -> None:
        """Log first: whatever becomes of the row, the line is out."""
        line = AuditLine(
            at=now,
            id=opaque("a", secrets.token_bytes(10)),
            by=caller.user,
            address=caller.address[:64],
            act=act,
            subject=subject[:192],
            detail=detail,
        )
        log.info("administration", act=act, by=line.by, subject=subject, address=line.address, detail=detail)
        await self._database.transact(partial(_store, line))

    @unavailable_when_down
    async def lines(self, before: int, limit: int) -> Sequence[AuditLine]:
        """What was done before `before`, the latest first."""
        query = (
            select(audit)
            .where(audit.c.at < before)
            .order_by(audit.c.at.desc(), audit.c.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as lane:
            return [AuditLine(**row) for row in (await lane.execute(query)).mappings()]


async def _store(line: AuditLine, lane: Lane) -> None:
    await lane.execute(insert(audit).values(structs.asdict(line)))
