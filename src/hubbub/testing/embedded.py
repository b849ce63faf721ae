"""The embedded store for tests: migrated once, copied for each test, because a migration takes longer than a test."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from hubbub.model.proposals import Committed
from hubbub.persist.chats import ChatStore
from hubbub.persist.cursors import CursorStore
from hubbub.persist.engine import DATABASE_FILE, Database, database_url
from hubbub.persist.entries import EntryLog
from hubbub.persist.journal import Journal
from hubbub.persist.migrate import ensure_current
from hubbub.persist.outbox import Outbox
from hubbub.persist.people import Directory
from hubbub.persist.tables import users
from hubbub.runtime.spawn import Tasks
from hubbub.testing.clock import START_MS, ManualClock
from hubbub.testing.place import Place


def migrated_store(folder: Path) -> Path:
    """A closed, migrated store in `folder`, to be copied. Runs its own event loop."""
    asyncio.run(_migrate(folder))
    return folder / DATABASE_FILE


async def _migrate(folder: Path) -> None:
    database = Database(database_url("", str(folder)))
    await ensure_current(database)
    await database.close()


def copied_store(template: Path, folder: Path) -> Database:
    """A database of one's own."""
    shutil.copy(template, folder / DATABASE_FILE)
    return Database(database_url("", str(folder)))


@dataclass(kw_only=True)
class EmbeddedPlace(Place):
    """A place on the engine. The journal runs as a task; `store`, `writer` and `cursors` are the concrete parts."""

    database: Database
    store: ChatStore
    writer: Journal
    outbox: Outbox
    moved: CursorStore


@asynccontextmanager
async def embedded_place(
    database: Database, *people: str, capacity: int = 1_000, batch: int = 100, queue: int = 1_000
) -> AsyncIterator[EmbeddedPlace]:
    """A place on a migrated database, where these users have accounts. Closes the database."""
    rows = [{"user": user, "display_name": user.title(), "created_at": START_MS} for user in people]
    if rows:
        async with database.writing() as connection:
            await connection.execute(insert(users), rows)
    place = _place(database, capacity, batch, queue)
    tasks = Tasks()
    running = tasks.spawn(place.writer.run(), "journal")
    try:
        yield place
    finally:
        place.writer.stop()
        await running
        await database.close()


def _place(database: Database, capacity: int, batch: int, queue: int) -> EmbeddedPlace:
    clock, published = ManualClock(), list[Committed]()
    store = ChatStore(database, capacity=capacity, open_direct=False, shared=True)
    outbox, moved = Outbox(database), CursorStore(database)

    def publish(committed: Sequence[Committed]) -> None:
        moved.committed(committed)
        published.extend(committed)

    journal = Journal(database, store, publish, outbox.marking, clock, batch=batch, queue=queue)
    return EmbeddedPlace(
        chats=store,
        log=EntryLog(database),
        people=Directory(database, capacity=100, clock=clock),
        journal=journal,
        clock=clock,
        cursors=moved,
        published=published,
        database=database,
        store=store,
        writer=journal,
        outbox=outbox,
        moved=moved,
    )
