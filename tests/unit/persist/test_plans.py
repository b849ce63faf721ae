"""How SQLite carries out the statements that run often: by key or index, never by looking at every row."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from hubbub.model import commands as c
from hubbub.model.errors import Refused
from hubbub.persist import outbox
from hubbub.persist.heads import Heads
from hubbub.persist.people import Directory
from hubbub.persist.tables import metadata
from hubbub.testing.embedded import EmbeddedPlace

Statement = tuple[str, Any]
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE")
TABLES = {*metadata.tables, "e", "o", "w"}  # and the aliases our own SQL gives them
SCAN = re.compile(r"SCAN (\w+)(?! VIRTUAL TABLE)")


@contextmanager
def recorded(place: EmbeddedPlace) -> Iterator[list[Statement]]:
    """What is sent to the database meanwhile."""
    made: list[Statement] = []

    def note(_c: Connection, _cursor: object, sql: str, parameters: object, _x: object, many: bool) -> None:
        made.append((sql, parameters[0] if many else parameters))  # type: ignore[index]

    engines = place.database.engines
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield made
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def plan(place: EmbeddedPlace, statement: Statement) -> list[str]:
    sql, parameters = statement

    def explain(connection: Connection) -> list[str]:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]

    async with place.database.reading() as lane:
        return await lane.run_sync(explain)


async def scans(place: EmbeddedPlace, made: list[Statement]) -> dict[str, list[str]]:
    """Statements that look at every row of a table, with their plans."""
    found: dict[str, list[str]] = {}
    for statement in made:
        if statement[0].startswith(EXPLAINED):
            steps = await plan(place, statement)
            if any((scan := SCAN.match(step)) and scan[1] in TABLES for step in steps):
                found[statement[0]] = steps
    return found


@pytest.fixture
async def talking(place: EmbeddedPlace) -> tuple[EmbeddedPlace, str]:
    """A room with something in every table."""
    room = await place.room("alice", "bob")
    await place.befriend("alice", "bob")
    await place.ask("alice", c.Block, user="carol")
    await place.ask("alice", c.Ban, chat=room, user="carol")
    for number in range(20):
        await place.ask("alice", c.Send, msg_type="group", to=room, content="hi", msg_id=f"m{number}")
    await place.ask("bob", c.React, chat=room, seq=10, emoji="x", on=True)
    return place, room


Talking = tuple[EmbeddedPlace, str]


async def test_writing_of_every_kind_looks_only_at_what_it_is_about(talking: Talking) -> None:
    place, room = talking
    with recorded(place) as made:
        await place.ask("alice", c.Send, msg_type="group", to=room, content="re", msg_id="r", reply_to=9)
        await place.ask("alice", c.Edit, chat=room, seq=10, content="other", msg_id="e")
        await place.ask("bob", c.React, chat=room, seq=10, emoji="y", on=True)
        await place.ask("bob", c.React, chat=room, seq=10, emoji="y", on=False)
        await place.ask("alice", c.Delete, chat=room, seq=10)
        await place.ask("alice", c.Mute, chat=room, user="bob", until=2**50)
        await place.ask("alice", c.Kick, chat=room, user="bob")
        await place.ask("alice", c.Unban, chat=room, user="carol")
        await place.ask("alice", c.Unfriend, user="bob")
        await place.ask("alice", c.Block, user="bob")
        await place.ask("alice", c.Unblock, user="bob")
        await place.ask("alice", c.CreateRoom, name="Tea")
    assert len(made) > 20
    assert await scans(place, made) == {}


async def test_a_retry_is_found_by_its_key(talking: Talking) -> None:
    place, _ = talking
    with recorded(place) as made, pytest.raises(Refused, match="conflict"):
        await place.journal.recall("alice", "m1", "another")
    (recall,) = [each for each in made if "writes" in each[0]]
    assert any(
        "SEARCH writes USING PRIMARY KEY (user=? AND msg_id=?)" in step for step in await plan(place, recall)
    )


async def test_reading_looks_only_at_what_is_asked(talking: Talking) -> None:
    place, room = talking
    with recorded(place) as made:
        await place.log.before(room, 15, 5, "bob")
        await place.log.after(room, 5, 10, "bob")
        await place.log.ordinal(room, 15)
        assert place.store.outdated(room)
        await place.store.load(room)
        await place.chats.of_user("alice")
        await place.people.relations("alice")
        await place.people.last_seen(["alice", "bob"])
        await Directory(place.database, capacity=10, clock=place.clock).profiles(["alice", "bob"])
        await Heads(place.database).changed(place.clock() - 5_000)
    assert len(made) > 10
    assert await scans(place, made) == {}


async def test_the_work_of_every_second_looks_only_at_what_is_new(talking: Talking) -> None:
    place, room = talking
    chat = place.store.peek(room)
    assert chat is not None
    with recorded(place) as made:
        place.outbox.sent([(room, 1, 10), (room, 12, 15)])
        await place.outbox.flush()
        await place.outbox.left_behind(place.clock() + 1)
        await place.ask("bob", c.Read, chat=room, seq=chat.head)
        await place.moved.write(place.clock())
        async with place.database.writing() as connection:
            await connection.run_sync(outbox.acknowledge, [(room, "bob", 0, 20)], place.clock())
        await Directory(place.database, capacity=10, clock=place.clock).were_here({"alice": 5})
    assert len(made) >= 6
    assert await scans(place, made) == {}


async def test_what_a_crash_left_behind_is_found_by_its_own_index(talking: Talking) -> None:
    place, _ = talking
    with recorded(place) as made:
        await place.outbox.left_behind(place.clock() + 1)
    (query,) = [each for each in made if "GROUP BY" in each[0]]
    assert any("USING INDEX ix_outbox_pending (created_at<?)" in step for step in await plan(place, query))


async def test_a_scan_would_be_seen(talking: Talking) -> None:
    place, _ = talking
    sql = "SELECT * FROM entries WHERE content = ?"
    assert list(await scans(place, [(sql, ("x",))])) == [sql]
