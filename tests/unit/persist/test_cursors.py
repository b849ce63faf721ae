"""Cursors at rest: written once a second, written again if they could not be, never lost while the node lives."""

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from tests.unit.persist.torn import TornDatabase

from hubbub.model import commands as c
from hubbub.model.chats import Member
from hubbub.persist.engine import Database
from hubbub.testing.embedded import EmbeddedPlace, copied_store, embedded_place


async def kept(place: EmbeddedPlace, room: str, user: str) -> Member:
    async with place.database.reading() as lane:
        chat = (await lane.run_sync(place.store.fetch, [room], {}))[room]
    member: Member = chat.members[user]
    return member


def three(member: Member) -> tuple[int, int, int]:
    return member.received, member.read, member.read_ordinal


async def said(place: EmbeddedPlace, count: int) -> str:
    room = await place.room("alice", "bob")
    for number in range(count):
        await place.ask("alice", c.Send, msg_type="group", to=room, content="hi", msg_id=f"m{number}")
    return room


async def test_what_rose_in_memory_is_written(place: EmbeddedPlace) -> None:
    room = await said(place, 5)
    await place.ask("bob", c.Read, chat=room, seq=5)
    await place.ask("bob", c.Received, chat=room, seq=7)
    assert three(await kept(place, room, "bob")) == (1, 1, 0)
    await place.moved.write(place.clock())
    assert three(await kept(place, room, "bob")) == (7, 5, 3)
    assert three(await kept(place, room, "alice")) == (7, 7, 5)


async def test_who_left_meanwhile_has_no_cursors(place: EmbeddedPlace) -> None:
    room = await said(place, 2)
    await place.ask("bob", c.Read, chat=room, seq=4)
    await place.ask("bob", c.Leave, chat=room)
    await place.moved.write(place.clock())
    with pytest.raises(KeyError):
        await kept(place, room, "bob")


async def test_nothing_is_written_where_nothing_rose(place: EmbeddedPlace) -> None:
    await place.moved.write(place.clock())
    before = await changes(place.database)
    await place.moved.write(place.clock())
    assert await changes(place.database) == before


async def changes(database: Database) -> int:
    async with database.writing() as lane:
        return await lane.run_sync(lambda c: int(c.exec_driver_sql("SELECT total_changes()").scalar_one()))


async def test_what_could_not_be_written_is_written_the_next_time(template: Path, tmp_path: Path) -> None:
    database = TornDatabase(copied_store(template, tmp_path).url)
    async with embedded_place(database, "alice", "bob") as place:
        room = await said(place, 3)
        await place.ask("bob", c.Read, chat=room, seq=4)
        for _ in range(2):
            database.down = True
            with pytest.raises(OperationalError):
                await place.moved.write(place.clock())
        database.down = False
        await place.ask("bob", c.Received, chat=room, seq=5)
        await place.moved.write(place.clock())
        assert three(await kept(place, room, "bob")) == (5, 4, 2)
