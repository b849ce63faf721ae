"""A backup becomes a store again (persist/backup), of whatever kind, and its log gets another epoch.

Clients may hold entries that the backup does not have: a cursor of another epoch is answered `resync` with `reset`
(docs/protocol.md §3.4), so they drop them instead of taking other entries with the same seq for theirs.
"""

import secrets
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.engine import URL

from hubbub.model.ids import opaque
from hubbub.persist.backup import BackupError, Manifest, opened_file
from hubbub.persist.engine import Database
from hubbub.persist.migrate import BACKUP, EPOCH_BYTES, check_tables
from hubbub.persist.move import opened, transfer
from hubbub.persist.pages import TABLES, Checksum, Progress, checksum
from hubbub.persist.tables import chats, entries, meta, outbox

SHOWN = 20  # faults named; one is enough to know that the file is no good


class Restored(Struct, frozen=True, kw_only=True):
    """What stands in the target now, and the epoch its log goes on with."""

    manifest: Manifest
    epoch: str
    tables: dict[str, Checksum]


async def check(file: Path, progress: Progress) -> Manifest:
    """Hold a backup against its manifest, and its logs against the protocol: seq 1, 2, 3 … Raises BackupError."""
    async with opened_file(file) as backup:
        manifest = await _manifest(backup)
        faults = [*await _differences(backup, manifest, progress), *await discontinuities(backup)]
    if faults:
        raise BackupError("The backup is not whole: " + "; ".join(faults[:SHOWN]) + ".")
    return manifest


async def restore(file: Path, target: URL, progress: Progress) -> Restored:
    """Copy a backup into an empty store, compare both, and open it for serving. Raises BackupError, MoveRefusedError.

    One that was interrupted goes on when it is run again.
    """
    async with opened_file(file) as backup, opened(target) as there:
        manifest = await _manifest(backup)
        epoch = opaque("e", secrets.token_bytes(EPOCH_BYTES))
        mark = f"backup {manifest.epoch} {manifest.made_at}"
        found = await transfer(backup, there, mark, epoch, progress)
        faults = await discontinuities(there)
    if faults:
        raise BackupError("What was restored has holes: " + "; ".join(faults[:SHOWN]) + ".")
    return Restored(manifest=manifest, epoch=epoch, tables=found)


async def _manifest(backup: Database) -> Manifest:
    async with backup.reading() as lane:
        await lane.run_sync(check_tables)
        found = await lane.scalar(select(meta.c.value).where(meta.c.key == BACKUP))
    if found is None:
        raise BackupError("This is a store, and no backup.")
    return msgspec.json.decode(found, type=Manifest)


async def _differences(backup: Database, manifest: Manifest, progress: Progress) -> list[str]:
    faults: list[str] = []
    for table in TABLES:
        said = manifest.tables.get(table.name)
        found = await checksum(backup.reading, table, partial(progress, f"check {table.name}"))
        if found != said:
            faults.append(f"table {table.name} has {found}, the manifest says {said}")
    return faults


async def discontinuities(database: Database) -> list[str]:
    """What contradicts that each chat's seqs are 1 … head without holes, and its messages counted."""
    async with database.reading() as lane:
        broken = (await lane.execute(_BROKEN)).all()
        strays = await lane.scalar(_STRAYS)
        promised = await lane.scalar(_PROMISED)
    faults = [
        f"chat {chat}: head {head} and {messages} messages, but {count} entries from {first} to {last}, {counted} counted"
        for chat, head, messages, count, first, last, counted in broken
    ]
    faults += [f"{strays} entries of no chat"] * bool(strays)
    return faults + [f"{promised} outbox rows without their entry"] * bool(promised)


_COUNTED = (
    select(
        entries.c.chat,
        func.count().label("count"),
        func.min(entries.c.seq).label("first"),
        func.max(entries.c.seq).label("last"),
        func.max(entries.c.ordinal).label("counted"),
    )
    .group_by(entries.c.chat)
    .subquery()
)


def _or_none(column: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(column, 0)


_BROKEN: Select[tuple[object, ...]] = (
    select(
        chats.c.id, chats.c.head, chats.c.ordinal, _or_none(_COUNTED.c.count), _or_none(_COUNTED.c.first),
        _or_none(_COUNTED.c.last), _or_none(_COUNTED.c.counted),
    )
    .select_from(chats.outerjoin(_COUNTED, _COUNTED.c.chat == chats.c.id))
    .where(
        or_(
            _or_none(_COUNTED.c.count) != chats.c.head,
            _or_none(_COUNTED.c.last) != chats.c.head,
            _or_none(_COUNTED.c.counted) != chats.c.ordinal,
            and_(chats.c.head > 0, _COUNTED.c.first != 1),
        )
    )
    .order_by(chats.c.id)
    .limit(SHOWN)
)  # fmt: skip
_STRAYS = select(func.count()).select_from(entries).where(entries.c.chat.not_in(select(chats.c.id)))
_PROMISED = (
    select(func.count())
    .select_from(
        outbox.outerjoin(entries, and_(entries.c.chat == outbox.c.chat, entries.c.seq == outbox.c.seq))
    )
    .where(entries.c.seq.is_(None))
)
