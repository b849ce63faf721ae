"""One Chat object per chat: read once however many ask, and never older than what was committed meanwhile."""

import asyncio
import gc
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from hubbub.model import commands as c
from hubbub.model.chats import Chat
from hubbub.model.errors import Refused
from hubbub.persist.chats import ChatStore
from hubbub.testing.embedded import EmbeddedPlace, copied_store, embedded_place


@pytest.fixture
async def room(place: EmbeddedPlace) -> str:
    return await place.room("alice", "bob")


class Reads(ChatStore):
    """A store on the same database that counts its reads, and may do something after one of them."""

    def __init__(self, place: EmbeddedPlace, *, capacity: int = 1_000) -> None:
        super().__init__(place.database, capacity=capacity, open_direct=False, shared=True)
        self.made: list[list[str]] = []
        self.after_read: Callable[[], object] = lambda: None

    def fetch(self, connection: Connection, ids: Sequence[str], people: dict[str, Any]) -> dict[str, Chat]:
        self.made.append(list(ids))
        found = super().fetch(connection, ids, people)
        self.after_read()
        return found


async def test_however_many_ask_at_once_one_reads(place: EmbeddedPlace, room: str) -> None:
    store = Reads(place)
    found = await asyncio.gather(*(store.load(room) for _ in range(20)))
    assert store.made == [[room]]
    assert len({id(chat) for chat in found}) == 1


async def test_a_chat_that_does_not_exist_is_read_once_for_all_who_ask_at_once(place: EmbeddedPlace) -> None:
    store = Reads(place)
    assert await asyncio.gather(*(store.load("rnone") for _ in range(5))) == [None] * 5
    assert store.made == [["rnone"]]


async def test_who_waits_for_a_read_that_fails_is_refused_and_the_next_one_reads_again(
    place: EmbeddedPlace, room: str
) -> None:
    store = Reads(place)

    def fail() -> None:
        raise OSError

    store.after_read = fail
    found = await asyncio.gather(*(store.load(room) for _ in range(3)), return_exceptions=True)
    assert [each.code for each in found if isinstance(each, Refused)] == ["unavailable"] * 3
    store.after_read = lambda: None
    assert await store.load(room) is not None


async def test_who_waits_for_a_read_that_is_given_up_is_refused_not_cancelled(
    place: EmbeddedPlace, room: str
) -> None:
    store, go_on = Reads(place), threading.Event()
    store.after_read = lambda: go_on.wait(10)
    first = asyncio.gather(store.load(room))
    await asyncio.sleep(0)
    second = asyncio.gather(store.load(room))
    await asyncio.sleep(0)
    first.cancel()
    go_on.set()
    with pytest.raises(Refused, match="unavailable"):
        await second
    assert await store.load(room) is not None


async def test_a_commit_during_a_read_is_not_forgotten(place: EmbeddedPlace, room: str) -> None:
    """The reader has the old rows in its hands when the journal settles newer ones."""
    store, go_on, has_read = Reads(place), threading.Event(), threading.Event()

    def pause() -> None:
        has_read.set()
        go_on.wait(10)

    store.after_read = pause
    loading = asyncio.gather(store.load(room))
    await asyncio.to_thread(has_read.wait, 10)
    newer = await place.store.load(room)
    assert newer is not None
    await place.ask("alice", c.Rename, chat=room, name="Tea")
    store.adopt(newer)
    go_on.set()
    assert await loading == [newer]
    assert store.peek(room) is newer


async def test_a_commit_during_a_read_that_memory_let_go_is_read_again(
    place: EmbeddedPlace, room: str
) -> None:
    store = Reads(place, capacity=1)
    committed = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def commit_and_forget() -> None:
        await place.ask("alice", c.Rename, chat=room, name="Tea")
        store.adopt(Chat(id=room, msg_type="group", name="as the journal had it"))
        assert store.outdated(room)
        committed.set()

    def once() -> None:
        store.after_read = lambda: None
        asyncio.run_coroutine_threadsafe(commit_and_forget(), loop).result(10)

    store.after_read = once
    found = await store.load(room)
    assert found is not None
    assert (found.name, len(store.made)) == ("Tea", 2)


async def test_a_list_of_busy_chats_is_read_once(place: EmbeddedPlace) -> None:
    """Something is committed to one of them during every read: what memory holds needs no other reading."""
    rooms = [await place.room("alice") for _ in range(3)]
    store = Reads(place)
    busy = await place.store.load(rooms[0])
    assert busy is not None
    loop = asyncio.get_running_loop()
    store.after_read = lambda: loop.call_soon_threadsafe(store.adopt, busy)
    assert [chat.id for chat in await store.of_user("alice")] == sorted(rooms)
    assert len(store.made) == 1
    assert store.peek(busy.id) is busy


async def test_the_least_recently_used_chat_is_let_go_unless_somebody_holds_it(place: EmbeddedPlace) -> None:
    rooms = [await place.room("alice") for _ in range(3)]
    store = Reads(place, capacity=2)
    held = await store.load(rooms[0])
    await store.load(rooms[1])
    await store.load(rooms[0])
    await store.load(rooms[2])
    gc.collect()
    assert [store.peek(room) is not None for room in (rooms[0], rooms[2], rooms[1])] == [True, True, False]
    await store.load(rooms[1])
    await store.load(rooms[2])
    assert store.peek(rooms[0]) is held


async def test_what_another_node_changed_is_read_again(place: EmbeddedPlace, room: str) -> None:
    store = Reads(place)
    held = await store.load(room)
    assert held is not None
    await place.ask("alice", c.Rename, chat=room, name="Tea")
    assert held.name == "Room"
    assert store.outdated(room)
    assert store.peek(room) is None
    assert await store.load(room) is held
    assert (held.name, store.peek(room)) == ("Tea", held)


async def test_a_reading_that_is_older_than_memory_changes_nothing(place: EmbeddedPlace, room: str) -> None:
    """Another node's change was told of, but the journal here read and changed the chat meanwhile."""
    held = await place.store.load(room)
    assert held is not None
    assert place.store.outdated(room)
    await place.ask("alice", c.Rename, chat=room, name="Tea")
    assert (place.store.peek(room), held.name) == (held, "Tea")


async def test_a_node_that_is_alone_reads_nothing_again(place: EmbeddedPlace, room: str) -> None:
    alone = ChatStore(place.database, capacity=10, open_direct=False)
    held = await alone.load(room)
    assert not alone.outdated(room)
    assert alone.peek(room) is held


async def test_more_chats_than_one_statement_takes_are_read(template: Path, tmp_path: Path) -> None:
    async with embedded_place(copied_store(template, tmp_path), "alice") as place:
        await asyncio.gather(*(place.ask("alice", c.CreateRoom, name=str(number)) for number in range(510)))
        store = Reads(place)
        assert len(await store.of_user("alice")) == 510
        assert len(store.made) == 1
