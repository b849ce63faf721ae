"""Cursors only rise; `read` implies `received`; `unread` is a difference of ordinals."""

import pytest

from hubbub.model import commands as c
from hubbub.testing.place import Moves, Place


@pytest.fixture
async def room(place: Place) -> str:
    """Entries 1 and 2 are memberships, alice said 3, 4 and 5."""
    room = await place.room("alice", "bob")
    for number in range(3):
        await place.ask("alice", c.Send, msg_type="group", to=room, content="x", msg_id=f"m{number}")
    return room


async def bob(place: Place) -> tuple[int, int, int]:
    (summary,) = (await place.ask("bob", c.Chats)).chats
    return summary.received, summary.read, summary.unread


async def test_reading_lowers_unread_and_raises_received(place: Place, room: str) -> None:
    assert await bob(place) == (1, 1, 3)
    await place.ask("bob", c.Received, chat=room, seq=5)
    assert await bob(place) == (5, 1, 3)
    await place.ask("bob", c.Read, chat=room, seq=4)
    assert await bob(place) == (5, 4, 1)
    await place.ask("bob", c.Read, chat=room, seq=5)
    assert await bob(place) == (5, 5, 0)


async def test_cursors_never_step_back(place: Place, room: str) -> None:
    await place.ask("bob", c.Read, chat=room, seq=5)
    moves = place.cursors
    assert isinstance(moves, Moves)
    moves.made.clear()
    for command in (c.Read, c.Received):
        await place.ask("bob", command, chat=room, seq=3)
    assert await bob(place) == (5, 5, 0)
    assert moves.made == []


async def test_nobody_reads_beyond_the_end(place: Place, room: str) -> None:
    for command in (c.Read, c.Received):
        assert await place.refused("bob", command, chat=room, seq=6) == "bad_request"


async def test_edits_and_reactions_are_not_unread(place: Place, room: str) -> None:
    await place.ask("bob", c.Read, chat=room, seq=5)
    await place.ask("alice", c.Edit, chat=room, seq=3, content="y")
    await place.ask("alice", c.React, chat=room, seq=3, emoji="x", on=True)
    assert await bob(place) == (5, 5, 0)


async def test_answering_is_reading(place: Place, room: str) -> None:
    sent = await place.ask("bob", c.Send, msg_type="group", to=room, content="x", msg_id="b")
    assert await bob(place) == (sent.seq, sent.seq, 0)
