"""Saying, editing, erasing, reacting: who may, within which bounds, and what it makes."""

import pytest

from hubbub.model import commands as c
from hubbub.testing.place import Place


@pytest.fixture
async def room(place: Place) -> str:
    """alice owns it, bob and carol are members; alice said 4, bob said 5."""
    room = await place.room("alice", "bob", "carol")
    for user in ("alice", "bob"):
        await place.ask(user, c.Send, msg_type="group", to=room, content="hello", msg_id="m")
    return room


@pytest.mark.parametrize(("content", "code"), [("", "bad_request"), ("x" * 21, "too_long")])
async def test_content_is_bounded_in_code_points(place: Place, room: str, content: str, code: str) -> None:
    send = {"msg_type": "group", "to": room, "msg_id": "n"}
    assert await place.refused("alice", c.Send, content=content, **send) == code
    assert await place.refused("alice", c.Edit, chat=room, seq=4, content=content) == code
    await place.ask("alice", c.Send, content="👍" * 20, **send)


async def test_only_authors_edit(place: Place, room: str) -> None:
    assert await place.refused("alice", c.Edit, chat=room, seq=5, content="x") == "forbidden"
    assert (await place.ask("bob", c.Edit, chat=room, seq=5, content="x")).seq == 6


async def test_authors_and_admins_delete(place: Place, room: str) -> None:
    assert await place.refused("carol", c.Delete, chat=room, seq=5) == "forbidden"
    assert await place.refused("bob", c.Delete, chat=room, seq=4) == "forbidden"
    assert (await place.ask("bob", c.Delete, chat=room, seq=5)).seq == 6
    assert (await place.ask("alice", c.Delete, chat=room, seq=5)).seq == 6
    await place.ask("bob", c.Send, msg_type="group", to=room, content="x", msg_id="n")
    assert (await place.ask("alice", c.Delete, chat=room, seq=7)).seq == 8


@pytest.mark.parametrize("seq", [1, 6, 99])
async def test_what_is_no_message_cannot_be_changed_or_answered(place: Place, room: str, seq: int) -> None:
    assert await place.refused("alice", c.Edit, chat=room, seq=seq, content="x") == "not_found"
    assert await place.refused("alice", c.Delete, chat=room, seq=seq) == "not_found"
    assert await place.refused("alice", c.React, chat=room, seq=seq, emoji="x", on=True) == "not_found"
    send = {"msg_type": "group", "to": room, "content": "x", "msg_id": "n"}
    assert await place.refused("alice", c.Send, reply_to=seq, **send) == "not_found"


async def test_what_was_deleted_is_neither_edited_nor_reacted_to(place: Place, room: str) -> None:
    await place.ask("bob", c.Delete, chat=room, seq=5)
    assert await place.refused("bob", c.Edit, chat=room, seq=5, content="x") == "not_found"
    assert await place.refused("alice", c.React, chat=room, seq=5, emoji="x", on=True) == "not_found"


async def test_what_would_change_nothing_makes_no_entry(place: Place, room: str) -> None:
    await place.ask("alice", c.React, chat=room, seq=5, emoji="x", on=True)
    for command, fields in (
        (c.Edit, {"seq": 4, "content": "hello"}),
        (c.React, {"seq": 5, "emoji": "x", "on": True}),
        (c.React, {"seq": 5, "emoji": "y", "on": False}),
    ):
        assert (await place.ask("alice", command, chat=room, **fields)).seq == 6
    assert len(await place.transcript(room)) == 6


async def test_reactions_are_bounded_in_size_and_kind(place: Place, room: str) -> None:
    react = {"chat": room, "seq": 4, "on": True}
    assert await place.refused("bob", c.React, emoji="", **react) == "bad_request"
    assert await place.refused("bob", c.React, emoji="👍👍👍", **react) == "too_long"
    for emoji in ("👍", "🎉"):
        await place.ask("bob", c.React, emoji=emoji, **react)
    assert await place.refused("bob", c.React, emoji="x", **react) == "too_long"
    await place.ask("alice", c.React, emoji="👍", **react)
    await place.ask("bob", c.React, emoji="🎉", **react | {"on": False})
    await place.ask("bob", c.React, emoji="x", **react)


async def test_nobody_has_a_say_in_the_private_chat_of_two_others(place: Place) -> None:
    """Its id is no secret: it follows from the two names."""
    await place.befriend("alice", "bob")
    sent = await place.ask("alice", c.Send, msg_type="private", to="bob", content="psst", msg_id="m")
    about = {"chat": sent.chat, "seq": sent.seq}
    for command, fields in (
        (c.Edit, about | {"content": "x"}),
        (c.Delete, about),
        (c.React, about | {"emoji": "x", "on": True}),
        (c.Read, about),
        (c.History, {"chat": sent.chat}),
        (c.Members, {"chat": sent.chat}),
        (c.Typing, {"chat": sent.chat, "on": True}),
    ):
        assert await place.refused("carol", command, **fields) == "not_found"


async def test_who_is_no_friend_any_more_reads_but_does_not_speak(place: Place) -> None:
    await place.befriend("alice", "bob")
    send = {"msg_type": "private", "to": "bob", "content": "psst"}
    sent = await place.ask("alice", c.Send, msg_id="m", **send)
    await place.ask("bob", c.Unfriend, user="alice")
    assert await place.refused("alice", c.Send, msg_id="n", **send) == "not_friends"
    assert await place.refused("alice", c.Edit, chat=sent.chat, seq=sent.seq, content="x") == "not_friends"
    assert [entry.seq for entry in (await place.ask("alice", c.History, chat=sent.chat)).entries] == [1]
    assert (await place.ask("alice", c.Delete, chat=sent.chat, seq=sent.seq)).seq == 2


async def test_the_blocker_is_told_and_the_blocked_is_answered_like_a_stranger(place: Place) -> None:
    await place.befriend("alice", "bob")
    await place.ask("alice", c.Block, user="bob")
    send = {"msg_type": "private", "content": "psst", "msg_id": "m"}
    assert await place.refused("alice", c.Send, to="bob", **send) == "blocked"
    assert await place.refused("bob", c.Send, to="alice", **send) == "not_friends"
