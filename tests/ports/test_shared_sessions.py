"""What a token costs the database: nothing if it is ours, and one look for all nodes together if it is an identity provider's."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.ports.test_misses import counted

from hubbub.codec.access_tokens import mint
from hubbub.execute.authentication import Authenticator
from hubbub.model.sessions import Lifetimes, Opening, Session, open_session
from hubbub.operate.cluster.redis import Redis
from hubbub.persist.engine import Database
from hubbub.persist.revocations import Revocations
from hubbub.persist.sessions import StoredSessions
from hubbub.persist.shared_sessions import SharedSessions
from hubbub.persist.shared_state import SharedState
from hubbub.persist.tables import sessions
from hubbub.testing.clock import ManualClock
from hubbub.testing.embedded import copied_store

SECRET = b"a secret that is long enough for HS256"
MANY = 1_000


@pytest.fixture
async def database(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    opened = copied_store(template, tmp_path)
    yield opened
    await opened.close()


def external(clock: ManualClock, name: str = "x1") -> Session:
    now = clock()
    return Session(id=name, user="corp:alice", device="external", created_at=now, used_at=now,
                   expires_at=now + 60_000)  # fmt: skip


class Node:
    def __init__(
        self, database: Database, redis: Redis, namespace: str, clock: ManualClock, epoch: str
    ) -> None:
        self.state = SharedState(redis.url, namespace, clock)
        self.sessions = SharedSessions(StoredSessions(database, Lifetimes()), self.state, epoch, clock)

    async def statements(self, session: Session, database: Database) -> int:
        with counted(database, "sessions") as made:
            await self.sessions.ensure(session, "Alice")
        return len(made)


async def test_what_one_node_has_made_the_others_do_not_look_for_until_it_ends(
    database: Database, redis: Redis, request: pytest.FixtureRequest
) -> None:
    clock = ManualClock()
    one, other, restored = (
        Node(database, redis, request.node.name, clock, epoch) for epoch in ("e1", "e1", "e2")
    )
    session = external(clock)
    assert await one.statements(session, database) > 0
    assert await other.statements(session, database) == 0
    assert await restored.statements(session, database) > 0
    assert await other.statements(external(clock, "x2"), database) > 0
    async with database.reading() as lane:
        assert list(await lane.scalars(select(sessions.c.id).order_by(sessions.c.id))) == ["x1", "x2"]
    (left,) = await one.state.ask([("PTTL", one.state.key("session", "e1", "x1"))]) or [0]
    assert 0 < left <= 60_000
    for node in (one, other, restored):
        await node.state.close()


async def test_without_redis_the_database_is_asked(database: Database) -> None:
    own = Redis()
    await asyncio.to_thread(own.start)
    clock = ManualClock()
    node = Node(database, own, "hubbub", clock, "e1")
    await node.sessions.ensure(external(clock), "Alice")
    await asyncio.to_thread(own.stop)
    assert await node.statements(external(clock), database) > 0
    await node.state.close()
    own.discard()


async def test_a_storm_of_our_own_tokens_asks_the_database_nothing(database: Database) -> None:
    clock, lifetimes = ManualClock(), Lifetimes()
    revocations = Revocations(database, clock, lambda _: None, lambda _: None)
    await revocations.load()
    authenticator = Authenticator(SECRET, revocations.is_revoked, StoredSessions(database, lifetimes))
    tokens = [mint("alice", f"s{number}", clock(), lifetimes.access_ms, SECRET)[0] for number in range(MANY)]
    with counted(database, "sessions") as made:
        found = await asyncio.gather(*(authenticator.authenticate(token, clock()) for token in tokens))
    assert {identity.user for identity in found} == {"alice"}
    assert made == []


async def test_a_session_slides_by_one_transaction_at_each_refresh(database: Database) -> None:
    """So `used_at` and `expires_at` are written once in the life of an access token, however many connections it opens."""
    clock, lifetimes = ManualClock(), Lifetimes()
    stored = StoredSessions(database, lifetimes)
    numbers = iter(range(1, 10))
    opening: Opening = open_session(
        "alice", "phone", clock(), lambda size: next(numbers).to_bytes(size, "big"), lifetimes
    )
    assert await stored.admit(opening, "Alice")
    later = clock.advance(lifetimes.access_ms)
    rotation = await stored.rotate(opening.token.hash, b"another", later, lifetimes)
    assert rotation is not None
    assert (rotation.session.used_at, rotation.session.expires_at) == (later, later + lifetimes.session_ms)
    (listed,) = await stored.of_user("alice", later)
    assert listed == rotation.session
