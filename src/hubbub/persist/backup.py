"""A backup: one state of a store in one SQLite file, whatever the store is, with a manifest of counts and checksums inside.

The server goes on meanwhile. The embedded store is copied by SQLite's own backup, a database server is read in one
transaction. No server starts on a backup: restoring it (persist/restore) gives the log another epoch, because clients may hold
what the backup does not have.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, nullcontext
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import URL

from hubbub.persist.engine import Database
from hubbub.persist.lane import Lane
from hubbub.persist.migrate import BACKUP, EPOCH, check_tables, migrate
from hubbub.persist.nodes import PREFIX
from hubbub.persist.pages import TABLES, Checksum, Digest, Progress, checksum, named, pages
from hubbub.persist.pool import Pool
from hubbub.persist.tables import meta

UNFINISHED = ".part"


class BackupError(Exception):
    """There is no backup, or it is not whole; the message says why."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds: `tables` by name. `made_at` in ms; `source` is the kind of database it was read from."""

    made_at: int
    version: str
    source: str
    epoch: str
    tables: dict[str, Checksum]


async def back_up(source: URL, file: Path, made_at: int, version: str, progress: Progress) -> Manifest:
    """Write `file`, which must not be there; until it is whole it has another name. Raises BackupError, OSError."""
    unfinished = _begun(file)
    async with _opened(source) as database:
        epoch = await _epoch_of(database)
        if database.is_embedded:
            _copy_file(Path(source.database or ""), unfinished)
            found = await _checksums(unfinished, progress)
        else:
            found = await _copy_rows(database, unfinished, progress)
    manifest = Manifest(
        made_at=made_at, version=version, source=source.get_backend_name(), epoch=epoch, tables=found
    )
    await _seal(unfinished, manifest)
    unfinished.rename(file)
    return manifest


def _begun(file: Path) -> Path:
    """A new file, for its owner's eyes only, in place of what an interrupted backup left."""
    if file.exists():
        raise BackupError(f"{file} is there already; nothing was written.")
    unfinished = file.with_name(file.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    return unfinished


@asynccontextmanager
async def _opened(url: URL) -> AsyncIterator[Database]:
    database = Database(url, Pool(statement_seconds=0))
    try:
        yield database
    finally:
        await database.close()


def opened_file(file: Path) -> AbstractAsyncContextManager[Database]:
    """A backup as a database. Raises BackupError if there is none."""
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    return _opened(URL.create("sqlite", database=str(file)))


async def _epoch_of(database: Database) -> str:
    async with database.reading() as lane:
        await lane.run_sync(check_tables)
        epoch = await lane.scalar(select(meta.c.value).where(meta.c.key == EPOCH))
    if epoch is None:
        raise BackupError("This store was never served, or is a backup itself: there is nothing to back up.")
    return str(epoch)


def _copy_file(source: Path, target: Path) -> None:
    """All pages in one step, of one state: writers go on in the write-ahead log."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)


async def _checksums(file: Path, progress: Progress) -> dict[str, Checksum]:
    async with opened_file(file) as copy:
        return {
            table.name: await checksum(copy.reading, table, partial(progress, table.name)) for table in TABLES
        }


async def _copy_rows(database: Database, file: Path, progress: Progress) -> dict[str, Checksum]:
    """Every row as one transaction sees it, and the checksums of what it saw."""
    found: dict[str, Checksum] = {}
    async with opened_file(file) as there, database.reading() as here:
        await migrate(there)
        for table in TABLES:
            digest = Digest()
            async for page in pages(lambda: nullcontext(here), table):
                digest.add(page)
                rows = named(table, page)
                await there.transact(lambda lane, table=table, rows=rows: lane.execute(insert(table), rows))  # type: ignore[misc]
                progress(table.name, len(page))
            found[table.name] = digest.checksum
    return found


async def _seal(file: Path, manifest: Manifest) -> None:
    """Put the manifest in place of the epoch, and everything into the one file."""

    async def work(lane: Lane) -> None:
        await lane.execute(
            delete(meta).where(meta.c.key.in_([EPOCH, BACKUP]) | meta.c.key.startswith(PREFIX))
        )
        await lane.execute(insert(meta).values(key=BACKUP, value=msgspec.json.encode(manifest).decode()))

    async with opened_file(file) as copy:
        await copy.transact(work)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
