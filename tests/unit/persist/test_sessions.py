import asyncio
from typing import cast

import pytest
from sqlalchemy import func, select

from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.sessions import (
    DAY_MS,
    Lifetimes,
    Opening,
    Session,
    Verdict,
    open_session,
    refresh_hash,
)
from hubbub.persist.engine import Database
from hubbub.persist.sessions import StoredSessions, insert_opening, purge
from hubbub.persist.tables import refresh_tokens, sessions, users

LIVES = Lifetimes(access_ms=900_000, session_ms=30 * DAY_MS, grace_ms=30_000)
NOW = 1_700_000_000_000
Rotated = tuple[Verdict, bytes]


@pytest.fixture
def store(database: Database) -> StoredSessions:
    return StoredSessions(database, LIVES)


async def opened(database: Database, user: str = "alice", now: int = NOW, seed: int = 1) -> Opening:
    opening = open_session(user, "laptop", now, lambda size: bytes([seed]) * size, LIVES)
    async with database.writing() as connection:
        await insert_opening(connection, opening)
    return opening


async def rotate(store: StoredSessions, shown: str, successor: str, now: int) -> Verdict:
    rotation = await store.rotate(refresh_hash(shown), refresh_hash(successor), now, LIVES)
    assert rotation is not None
    return rotation.verdict


async def test_a_fresh_token_is_rotated_and_the_session_slides(
    database: Database, store: StoredSessions
) -> None:
    opening = await opened(database)
    assert await rotate(store, opening.secret, "b", NOW + DAY_MS) is Verdict.ROTATE
    (session,) = await store.of_user("alice", NOW + DAY_MS)
    assert (session.used_at, session.expires_at) == (NOW + DAY_MS, NOW + 31 * DAY_MS)


async def test_an_unknown_token_is_nothing(store: StoredSessions) -> None:
    assert await store.rotate(refresh_hash("x"), refresh_hash("y"), NOW, LIVES) is None


@pytest.mark.parametrize(
    ("story", "shown", "verdict"),
    [
        # each step: (token shown, successor asked for, ms after the first); the last is what `shown` meets
        ([("a", "b", 0)], ("a", 30_000), Verdict.ROTATE),  # the answer was lost
        ([("a", "b", 0)], ("a", 30_001), Verdict.REVOKE),  # too late to be a lost answer
        ([("a", "b", 0)], ("b", DAY_MS), Verdict.ROTATE),  # the ordinary life
        ([("a", "b", 0), ("b", "c", 10)], ("a", 20), Verdict.REVOKE),  # the successor was used
        ([("a", "b", 0), ("a", "c", 10)], ("a", 30_000), Verdict.ROTATE),  # lost twice
        ([("a", "b", 0), ("a", "c", 20_000)], ("a", 40_000), Verdict.REVOKE),  # the grace is not prolonged
        ([("a", "b", 0), ("a", "c", 10)], ("c", 20), Verdict.ROTATE),  # one successor carries on
        ([("a", "b", 0), ("a", "c", 10)], ("b", 20), Verdict.ROTATE),  # whichever
        ([("a", "b", 0), ("a", "c", 10), ("c", "d", 20)], ("b", 30), Verdict.REVOKE),  # but only one
        ([("a", "b", 0), ("a", "c", 10), ("c", "d", 20)], ("c", 30), Verdict.ROTATE),  # with its own grace
        ([("a", "b", 0), ("b", "c", 10), ("c", "d", 20)], ("a", 30), Verdict.REVOKE),  # an ancestor
        ([("a", "b", 0), ("a", "x", 40_000)], ("b", 40_001), Verdict.REFUSE),  # the family is gone
    ],
)
async def test_rotation(
    database: Database,
    store: StoredSessions,
    story: list[tuple[str, str, int]],
    shown: tuple[str, int],
    verdict: Verdict,
) -> None:
    opening = await opened(database)
    secret = {"a": opening.secret}
    for token, successor, after in story:
        await rotate(store, secret.get(token, token), successor, NOW + after)
    token, after = shown
    assert await rotate(store, secret.get(token, token), "last", NOW + after) is verdict
    lives = len(await store.of_user("alice", NOW + after))
    assert lives == (1 if verdict is Verdict.ROTATE else 0)


async def test_what_is_refused_leaves_no_token(database: Database, store: StoredSessions) -> None:
    opening = await opened(database)
    await rotate(store, opening.secret, "b", NOW)
    assert await rotate(store, opening.secret, "c", NOW + 60_000) is Verdict.REVOKE
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(refresh_tokens)) == 2


async def test_the_same_token_shown_by_many_at_once_gives_each_a_successor(
    database: Database, store: StoredSessions
) -> None:
    opening = await opened(database)
    verdicts = await asyncio.gather(
        *(rotate(store, opening.secret, f"t{number}", NOW + number) for number in range(8))
    )
    assert set(verdicts) == {Verdict.ROTATE}


async def test_of_two_thieves_at_once_one_ends_the_family(database: Database, store: StoredSessions) -> None:
    opening = await opened(database)
    await rotate(store, opening.secret, "b", NOW)
    await rotate(store, opening.secret, "c", NOW)
    verdicts = await asyncio.gather(*(rotate(store, token, f"{token}2", NOW + 1) for token in ("b", "c")))
    assert set(verdicts) == {Verdict.ROTATE, Verdict.REVOKE}
    assert await store.of_user("alice", NOW + 2) == []


async def test_a_session_that_ran_out_is_not_refreshed(database: Database, store: StoredSessions) -> None:
    opening = await opened(database)
    assert await rotate(store, opening.secret, "b", NOW + 30 * DAY_MS) is Verdict.REFUSE
    assert await store.of_user("alice", NOW + 30 * DAY_MS) == []


async def test_sessions_are_revoked_one_at_a_time_or_all(database: Database, store: StoredSessions) -> None:
    ids = [(await opened(database, seed=seed)).session.id for seed in range(1, 4)]
    strange = (await opened(database, user="bob", seed=9)).session.id
    assert await store.revoke("alice", ids[0], NOW) == [ids[0]]
    assert await store.revoke("alice", ids[0], NOW) == []
    assert await store.revoke("alice", strange, NOW) == []
    assert await store.revoke("alice", None, NOW) == sorted(ids[1:])
    assert [session.id for session in await store.of_user("bob", NOW)] == [strange]


async def test_a_revocation_is_remembered_while_an_access_token_may_live(
    database: Database, store: StoredSessions
) -> None:
    opening = await opened(database)
    await store.revoke("alice", None, NOW + 5)
    async with database.reading() as connection:
        row = (await connection.execute(select(sessions.c.revoked_at, sessions.c.expires_at))).first()
    assert tuple(row) == (NOW + 5, NOW + 5 + LIVES.access_ms)
    assert opening.session.expires_at > row.expires_at


EXTERNAL = Session(
    id="x1", user="corp:7", device="external", created_at=NOW, used_at=NOW, expires_at=NOW + 5 * DAY_MS
)


async def test_an_external_session_is_made_once_with_its_user(
    database: Database, store: StoredSessions
) -> None:
    await asyncio.gather(*(store.ensure(EXTERNAL, "Seven") for _ in range(4)))
    async with database.reading() as connection:
        rows = (await connection.execute(select(users.c.user, users.c.display_name))).all()
    assert [tuple(row) for row in rows] == [("corp:7", "Seven")]
    assert await store.of_user("corp:7", NOW) == [EXTERNAL]


async def test_a_known_external_user_keeps_the_name_they_chose(
    database: Database, store: StoredSessions
) -> None:
    await store.ensure(EXTERNAL, "Seven")
    second = Session(
        id="x2", user="corp:7", device="external", created_at=NOW, used_at=NOW, expires_at=NOW + 1
    )
    await store.ensure(second, "Other")
    async with database.reading() as connection:
        assert await connection.scalar(select(users.c.display_name)) == "Seven"


async def test_an_external_revocation_is_remembered_as_long_as_its_token_lives(
    database: Database, store: StoredSessions
) -> None:
    await store.ensure(EXTERNAL, "Seven")
    await store.revoke("corp:7", None, NOW)
    async with database.reading() as connection:
        assert await connection.scalar(select(sessions.c.expires_at)) == EXTERNAL.expires_at


async def test_what_ended_long_ago_is_deleted_with_its_tokens(
    database: Database, store: StoredSessions
) -> None:
    await opened(database, seed=1)
    await opened(database, seed=2, now=NOW + DAY_MS)
    assert await purge(database, NOW + 30 * DAY_MS + 1) == 1
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(sessions)) == 1
        assert await connection.scalar(select(func.count()).select_from(refresh_tokens)) == 1


async def test_a_database_that_is_away_is_unavailable(store: StoredSessions, database: Database) -> None:
    async with database.writing() as connection:
        await connection.run_sync(lambda sync: cast("object", sessions.drop(sync)))
    with pytest.raises(Refused) as refused:
        await store.of_user("alice", NOW)
    assert refused.value.code is ErrorCode.UNAVAILABLE
