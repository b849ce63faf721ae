"""Every implementation of the ports, each behind the same dispatcher: a suite takes `place` and runs on all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert

from hubbub.model.ports import Bounds
from hubbub.model.proposals import Committed
from hubbub.persist.chats import ChatStore
from hubbub.persist.cursors import CursorStore
from hubbub.persist.entries import EntryLog
from hubbub.persist.journal import Journal
from hubbub.persist.outbox import Outbox
from hubbub.persist.people import Directory
from hubbub.persist.tables import users
from hubbub.runtime.spawn import Tasks
from hubbub.testing.clock import START_MS, ManualClock
from hubbub.testing.embedded import copied_store, migrated_store
from hubbub.testing.place import Place, memory_place

USERS = ("alice", "bob", "carol", "dave")


@asynccontextmanager
async def in_memory(_template: Path, _folder: Path) -> AsyncIterator[Place]:
    yield memory_place(*USERS)


@asynccontextmanager
async def on_sqlite(template: Path, folder: Path) -> AsyncIterator[Place]:
    database = copied_store(template, folder)
    async with database.writing() as connection:
        for user in USERS:
            row = {"user": user, "display_name": user.title(), "created_at": START_MS}
            await connection.execute(insert(users).values(row))
    clock, published = ManualClock(), list[Committed]()
    store = ChatStore(database, capacity=1_000, open_direct=False)
    cursors, outbox, tasks = CursorStore(database), Outbox(database), Tasks()
    journal = Journal(database, store, published.extend, outbox.mark, clock, batch=100, queue=1_000)
    running = tasks.spawn(journal.run(), "journal")
    yield Place(
        chats=store,
        log=EntryLog(database),
        people=Directory(database, capacity=100, clock=clock),
        journal=journal,
        clock=clock,
        bounds=Bounds(),
        cursors=cursors,
        published=published,
    )
    journal.stop()
    await running
    await database.close()


IMPLEMENTATIONS = {"memory": in_memory, "sqlite": on_sqlite}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_store(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def place(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> AsyncIterator[Place]:
    async with IMPLEMENTATIONS[request.param](template, tmp_path) as made:
        yield made
