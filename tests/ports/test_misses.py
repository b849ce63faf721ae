"""Many who miss the same thing at once make one query, and what is not there is not asked for again at once: on every database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from sqlalchemy import event, insert, update

from hubbub.model.errors import Refused
from hubbub.model.ids import private_chat
from hubbub.persist.absent import Absent
from hubbub.persist.chats import ABSENT_MS, ChatStore
from hubbub.persist.engine import Database
from hubbub.persist.people import ABSENT_MS as ABSENT_USER_MS
from hubbub.persist.people import KEPT_MS, Directory
from hubbub.persist.tables import users
from hubbub.testing.clock import START_MS, ManualClock
from hubbub.testing.embedded import EmbeddedPlace

MANY = 1_000
Nodes = tuple[EmbeddedPlace, EmbeddedPlace]


@contextmanager
def counted(database: Database, table: str) -> Iterator[list[str]]:
    """The statements that read this table."""
    made: list[str] = []

    def note(*happened: object) -> None:
        statement = str(happened[2])
        if f"FROM {table}" in statement.replace("`", "").replace('"', "").replace("\n", " "):
            made.append(statement)

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", note)
    yield made
    for engine in database.engines:
        event.remove(engine, "before_cursor_execute", note)


class Fresh:
    """A node that has nothing in memory, with time in hand."""

    def __init__(self, place: EmbeddedPlace) -> None:
        self.database = place.database
        self.clock = ManualClock()
        self.chats = ChatStore(self.database, capacity=10, open_direct=False, shared=True, clock=self.clock)
        self.people = Directory(self.database, capacity=10, clock=self.clock)


async def test_a_thousand_who_miss_a_chat_make_one_query(nodes: Nodes) -> None:
    room = await nodes[0].room("alice", "bob")
    fresh = Fresh(nodes[1])
    with counted(fresh.database, "chats") as made:
        found = await asyncio.gather(*(fresh.chats.load(room) for _ in range(MANY)))
    assert {chat.id for chat in found if chat is not None} == {room}
    assert len({id(chat) for chat in found}) == 1
    assert len(made) == 1


async def test_a_thousand_who_come_at_once_read_the_chat_they_share_once(nodes: Nodes) -> None:
    """Whoever comes first reads; the others' lists are their own, a query each."""
    room = await nodes[0].room("alice", "bob")
    fresh = Fresh(nodes[1])
    with counted(fresh.database, "mutes") as made:
        lists = await asyncio.gather(*(fresh.chats.of_user(user) for user in ("alice", "bob") * 50))
    assert [[chat.id for chat in each] for each in lists] == [[room]] * 100
    assert len(made) == 1


async def test_a_thousand_who_ask_for_no_chat_make_one_query_and_the_next_none_for_a_moment(
    nodes: Nodes,
) -> None:
    fresh = Fresh(nodes[0])
    with counted(fresh.database, "chats") as made:
        assert set(await asyncio.gather(*(fresh.chats.load("rnone") for _ in range(MANY)))) == {None}
        assert await fresh.chats.load("rnone") is None
        assert len(made) == 1
        fresh.clock.advance(ABSENT_MS)
        assert await fresh.chats.load("rnone") is None
        assert len(made) == 2
        fresh.chats.outdated("rnone")
        assert await fresh.chats.load("rnone") is None
        assert len(made) == 3


async def test_strangers_who_look_for_their_chat_at_once_make_one_query_and_it_is_there_once_it_is(
    nodes: Nodes,
) -> None:
    """The id of two people's chat can be known before there is one: that it is not there is never remembered."""
    fresh, chat, people = Fresh(nodes[1]), private_chat("alice", "bob"), ("alice", "bob")
    assert await fresh.chats.load(chat) is None
    with counted(fresh.database, "chats") as made:
        asked = (fresh.chats.load(chat, people if number % 2 else None) for number in range(MANY))
        found = await asyncio.gather(*asked)
    assert {each.visible for each in found[1::2] if each is not None} == {False}
    assert len(made) <= 2
    await nodes[0].befriend("alice", "bob")
    fresh.chats.outdated(chat)
    there = await fresh.chats.load(chat)
    assert there is not None
    assert there.visible


async def test_a_thousand_who_ask_for_a_user_make_one_query_whether_there_is_one_or_not(nodes: Nodes) -> None:
    fresh = Fresh(nodes[0])
    with counted(fresh.database, "users") as made:
        found = await asyncio.gather(*(fresh.people.profiles(["alice", "nobody"]) for _ in range(MANY)))
        assert {tuple(each) for each in found} == {("alice",)}
        assert not await fresh.people.exists("nobody")
        assert len(made) == 1
        fresh.clock.advance(ABSENT_USER_MS)
        assert not await fresh.people.exists("nobody")
        assert len(made) == 2
        fresh.clock.advance(KEPT_MS)
        assert await fresh.people.exists("alice")
        assert len(made) == 3


async def test_who_signs_up_is_there_although_they_were_being_looked_for(nodes: Nodes) -> None:
    fresh = Fresh(nodes[1])
    assert not await fresh.people.exists("newcomer")
    fresh.clock.advance(ABSENT_USER_MS)
    looking = asyncio.create_task(fresh.people.exists("newcomer"))
    await asyncio.sleep(0)
    async with nodes[0].database.writing() as lane:
        row = {"user": "newcomer", "display_name": "Newcomer", "created_at": START_MS}
        await lane.execute(insert(users), [row])
    fresh.people.forget("newcomer")
    await looking
    assert await fresh.people.exists("newcomer")


async def test_a_name_that_changed_while_it_was_read_is_read_again(nodes: Nodes) -> None:
    fresh = Fresh(nodes[1])
    reading = asyncio.create_task(fresh.people.profiles(["alice"]))
    await asyncio.sleep(0)
    async with nodes[0].database.writing() as lane:
        await lane.execute(update(users).where(users.c.user == "alice").values(display_name="Alicia"))
    fresh.people.forget("alice")
    await reading
    assert (await fresh.people.profiles(["alice"]))["alice"].display_name == "Alicia"


@pytest.mark.parametrize("what", ["chats", "people"])
async def test_whoever_waited_for_a_reader_that_failed_is_refused_and_the_next_reads(
    nodes: Nodes, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await nodes[0].room("alice")
    fresh = Fresh(nodes[1])

    async def ask() -> object:
        return await (fresh.chats.load(room) if what == "chats" else fresh.people.exists("alice"))

    with monkeypatch.context() as broken:
        broken.setattr(fresh.database, "reading", away)
        answers = await asyncio.gather(*(ask() for _ in range(5)), return_exceptions=True)
    assert {type(each) for each in answers} == {Refused}
    assert await ask()


@asynccontextmanager
async def away() -> AsyncIterator[None]:
    await asyncio.sleep(0)
    raise OSError("the database is away")
    yield


def test_so_many_absences_are_remembered_each_for_its_own_time() -> None:
    clock = ManualClock()
    absent = Absent(1_000, clock, capacity=100)
    absent.note(str(number) for number in range(101))
    assert "0" not in absent
    clock.advance(499)
    assert "1" in absent
    clock.advance(250)
    left = sum(str(number) in absent for number in range(101))
    assert 0 < left < 100
    clock.advance(251)
    assert "100" not in absent
