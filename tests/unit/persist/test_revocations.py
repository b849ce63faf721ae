import asyncio
import contextlib

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from hubbub.model.sessions import Lifetimes, Opening, open_session
from hubbub.persist import revocations
from hubbub.persist import sessions as persisted
from hubbub.persist.engine import Database
from hubbub.persist.revocations import OVERLAP_MS, Revocations
from hubbub.persist.sessions import StoredSessions, insert_opening
from hubbub.persist.tables import sessions

LIVES = Lifetimes(access_ms=900_000)
START = 1_700_000_000_000


class Node:
    """One process: its clock, what it was told, and the store it writes through."""

    def __init__(self, database: Database) -> None:
        self.now = START
        self.revoked: list[str] = []
        self.expired: list[str] = []
        self.database = database
        self.store = StoredSessions(database, LIVES)
        self.sight = Revocations(database, lambda: self.now, self.revoked.extend, self.expired.extend)

    async def open(self, seed: int) -> Opening:
        opening = open_session("alice", "", self.now, lambda size: bytes([seed]) * size, LIVES)
        async with self.database.writing() as connection:
            await insert_opening(connection, opening)
        return opening


@pytest.fixture
async def node(database: Database) -> Node:
    node = Node(database)
    await node.sight.load()
    return node


async def test_what_another_node_revoked_is_seen_and_told_once(node: Node) -> None:
    session = (await node.open(1)).session.id
    await node.store.revoke("alice", session, node.now)
    assert not node.sight.is_revoked(session)
    for _ in range(3):
        node.now += 1000
        await node.sight.poll()
    assert node.sight.is_revoked(session)
    assert node.revoked == [session]


async def test_what_this_node_revoked_is_known_before_the_next_poll_and_told_once(node: Node) -> None:
    session = (await node.open(1)).session.id
    node.sight.announce(await node.store.revoke("alice", session, node.now))
    assert node.sight.is_revoked(session)
    node.now += 1000
    await node.sight.poll()
    assert node.revoked == [session]


async def test_a_restart_remembers_as_long_as_access_tokens_live(node: Node, database: Database) -> None:
    session = (await node.open(1)).session.id
    await node.store.revoke("alice", session, START)
    restarted = Node(database)
    restarted.now = START + LIVES.access_ms - 1
    await restarted.sight.load()
    assert restarted.sight.is_revoked(session)
    later = Node(database)
    later.now = START + LIVES.access_ms
    await later.sight.load()
    assert not later.sight.is_revoked(session)


async def test_memory_is_freed_when_the_last_access_token_is_dead(node: Node) -> None:
    session = (await node.open(1)).session.id
    node.sight.announce(await node.store.revoke("alice", session, node.now))
    node.now += LIVES.access_ms + 2 * OVERLAP_MS
    await node.sight.poll()
    assert not node.sight.is_revoked(session)
    assert node.sight._until == {}
    assert node.revoked == [session]


async def test_a_row_stamped_earlier_but_committed_later_is_seen(node: Node) -> None:
    session = (await node.open(1)).session.id
    node.now += 30_000
    await node.sight.poll()
    await node.store.revoke("alice", session, node.now - 20_000)
    node.now += 1000
    await node.sight.poll()
    assert node.revoked == [session]


async def test_what_was_revoked_during_a_long_outage_is_seen_after_it(node: Node) -> None:
    session = (await node.open(1)).session.id
    await node.store.revoke("alice", session, node.now + 60_000)
    node.now += 2 * LIVES.access_ms  # no poll worked in between
    await node.sight.poll()
    assert node.revoked == [session]


async def test_a_session_that_runs_out_is_told_once(node: Node) -> None:
    session = (await node.open(1)).session
    node.now = session.expires_at - 1
    await node.sight.poll()
    assert node.expired == []
    for _ in range(3):
        node.now += 1
        await node.sight.poll()
    assert node.expired == [session.id]
    assert node.revoked == []


async def test_a_session_that_was_refreshed_in_time_does_not_run_out(node: Node, database: Database) -> None:
    session = (await node.open(1)).session
    async with database.writing() as connection:
        await connection.execute(update(sessions).values(expires_at=session.expires_at + 1000))
    node.now = session.expires_at
    await node.sight.poll()
    assert node.expired == []


async def test_what_ended_long_ago_is_deleted_batch_by_batch(
    node: Node, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "PURGE_BATCH", 2)
    monkeypatch.setattr(persisted, "PURGE_BATCH", 2)
    openings = [await node.open(seed) for seed in range(1, 6)]
    node.now = openings[0].session.expires_at + revocations.PURGE_AFTER_MS + 1
    left = []
    for _ in range(3):
        await node.sight.poll()
        async with database.reading() as connection:
            left.append(await connection.scalar(select(func.count()).select_from(sessions)))
    assert left == [3, 1, 0]


async def test_polling_survives_a_database_that_is_away(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "POLL_SECONDS", 0)
    session = (await node.open(1)).session.id
    await node.store.revoke("alice", session, node.now)
    failures = 3
    seen = asyncio.Event()
    real = node.sight.poll

    async def poll() -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise OperationalError("SELECT", {}, Exception("disk I/O error"))
        await real()
        seen.set()

    monkeypatch.setattr(node.sight, "poll", poll)
    running = asyncio.ensure_future(node.sight.run())
    await asyncio.wait_for(seen.wait(), 30)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert node.revoked == [session]
