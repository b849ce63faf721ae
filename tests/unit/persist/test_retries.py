"""A transaction that the database undid for another's sake is made again, whole, from its beginning: on MySQL and TiDB by these codes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, OperationalError

from hubbub.persist.dialects import DIALECTS
from hubbub.persist.engine import ATTEMPTS, Database, database_url
from hubbub.persist.lane import Lane
from hubbub.persist.tables import meta, metadata

UNDONE = (
    1213,  # deadlock
    1205,  # a lock was waited for too long
    8002,  # TiDB: a row locked by SELECT FOR UPDATE was changed
    8005,  # TiDB: write conflict
    8022,  # TiDB: the commit failed and was rolled back
    8028,  # TiDB: the tables changed meanwhile
    9007,  # TiDB: write conflict
)
NOT_UNDONE = (1062, 2013, 1064)  # a key twice, a connection lost, a statement that is wrong


class Undone:
    """A transaction of two statements, between which the database fails so many times."""

    def __init__(self, code: int, times: int) -> None:
        self.code = code
        self.left = times
        self.begun = 0

    async def work(self, lane: Lane) -> str:
        self.begun += 1
        await lane.execute(insert(meta).values(key=f"first {self.begun}", value=""))
        if self.left:
            self.left -= 1
            raise OperationalError("UPDATE", {}, Exception(self.code, "said the server"))
        await lane.execute(insert(meta).values(key="last", value=""))
        return "made"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(database_url("", str(tmp_path)))
    async with made.writing() as lane:
        await lane.run_sync(metadata.create_all)
    made.dialect = DIALECTS["mysql"]
    yield made
    await made.close()


async def kept(database: Database) -> list[str]:
    async with database.reading() as lane:
        return sorted(key for (key,) in await lane.execute(select(meta.c.key)))


@pytest.mark.parametrize("code", UNDONE)
async def test_what_was_undone_is_made_again_whole_and_leaves_nothing_of_the_first_time(
    database: Database, code: int
) -> None:
    undone = Undone(code, 1)
    assert await database.transact(undone.work) == "made"
    assert await kept(database) == ["first 2", "last"]


@pytest.mark.parametrize("code", NOT_UNDONE)
async def test_what_fails_for_itself_is_not_made_again(database: Database, code: int) -> None:
    undone = Undone(code, 1)
    with pytest.raises(DBAPIError):
        await database.transact(undone.work)
    assert (undone.begun, await kept(database)) == (1, [])


async def test_what_is_undone_again_and_again_is_an_outage(database: Database) -> None:
    undone = Undone(UNDONE[0], ATTEMPTS)
    with pytest.raises(DBAPIError):
        await database.transact(undone.work)
    assert (undone.begun, await kept(database)) == (ATTEMPTS, [])


def test_these_are_the_codes() -> None:
    assert DIALECTS["mysql"].retried == set(UNDONE)
