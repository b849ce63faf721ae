"""model.ports.Log: pages in both directions, messages in present form (docs/protocol.md §2 Rules)."""

import pytest

from hubbub.model import commands as c
from hubbub.model.entries import Deleted, Edited, Entry, Message, Reaction
from hubbub.testing.place import Place


@pytest.fixture
async def room(place: Place) -> str:
    """alice made it, bob joined, alice said 3 … 7."""
    room = await place.room("alice", "bob")
    for number in range(3, 8):
        await say(place, room, f"message {number}")
    return room


async def say(place: Place, room: str, content: str, user: str = "alice") -> int:
    sent = await place.ask(user, c.Send, msg_type="group", to=room, content=content, msg_id=content)
    seq: int = sent.seq
    return seq


def seqs(entries: list[Entry]) -> list[int]:
    return [entry.seq for entry in entries]


async def test_pages_rise_whichever_way_they_are_asked_for(place: Place, room: str) -> None:
    log = place.log
    assert seqs(await log.after(room, 0, 3, "bob")) == [1, 2, 3]
    assert seqs(await log.after(room, 5, 3, "bob")) == [6, 7]
    assert seqs(await log.before(room, 5, 3, "bob")) == [2, 3, 4]
    assert seqs(await log.before(room, 2**53, 2, "bob")) == [6, 7]


@pytest.mark.parametrize("seq", [0, 1])
async def test_before_the_first_there_is_nothing(place: Place, room: str, seq: int) -> None:
    assert await place.log.before(room, seq, 10, "bob") == []


async def test_after_the_last_there_is_nothing(place: Place, room: str) -> None:
    assert await place.log.after(room, 7, 10, "bob") == []
    assert await place.log.after("rnone", 0, 10, "bob") == []


async def test_ordinals_count_messages_only(place: Place, room: str) -> None:
    await place.ask("alice", c.Edit, chat=room, seq=3, content="changed")
    last = await say(place, room, "last")
    assert [await place.log.ordinal(room, seq) for seq in (0, 2, 3, 7, 8, last, last + 5)] == [
        0,
        0,
        1,
        5,
        5,
        6,
        6,
    ]
    assert await place.log.ordinal("rnone", 3) == 0


async def message(place: Place, room: str, seq: int, reader: str = "bob") -> Message:
    (entry,) = await place.log.after(room, seq - 1, 1, reader)
    assert isinstance(entry, Message)
    return entry


async def test_an_edited_message_says_what_it_says_now(place: Place, room: str) -> None:
    await place.ask("alice", c.Edit, chat=room, seq=3, content="first")
    await place.ask("alice", c.Edit, chat=room, seq=3, content="second")
    found = await message(place, room, 3)
    assert (found.content, found.edited, found.as_of, found.deleted) == ("second", 9, 9, False)
    edits = await place.log.after(room, 7, 10, "bob")
    assert [entry.content for entry in edits if isinstance(entry, Edited)] == ["first", "second"]


async def test_a_deletion_erases_the_content_everywhere_and_the_reactions(place: Place, room: str) -> None:
    await place.ask("alice", c.Edit, chat=room, seq=3, content="edited")
    await place.ask("bob", c.React, chat=room, seq=3, emoji="👍", on=True)
    await place.ask("alice", c.Delete, chat=room, seq=3)
    found = await message(place, room, 3)
    assert (found.content, found.edited, found.deleted, found.reactions, found.as_of) == (
        None,
        None,
        True,
        None,
        10,
    )
    edit, _, deletion = await place.log.after(room, 7, 10, "bob")
    assert isinstance(edit, Edited)
    assert (edit.content, edit.deleted) == (None, True)
    assert isinstance(deletion, Deleted)
    assert (deletion.target, deletion.sender) == (3, "alice")


async def test_reactions_are_counted_and_know_their_reader(place: Place, room: str) -> None:
    for user, emoji in (("alice", "👍"), ("bob", "👍"), ("bob", "🎉")):
        await place.ask(user, c.React, chat=room, seq=3, emoji=emoji, on=True)
    assert (await message(place, room, 3, "alice")).reactions == {
        "👍": Reaction(count=2, mine=True),
        "🎉": Reaction(count=1, mine=False),
    }
    await place.ask("bob", c.React, chat=room, seq=3, emoji="🎉", on=False)
    found = await message(place, room, 3, "carol")
    assert found.reactions == {"👍": Reaction(count=2, mine=False)}
    assert found.as_of == 11


async def test_who_gave_reactions_is_told_by_name(place: Place, room: str) -> None:
    for user, emoji in (("alice", "👍"), ("bob", "👍"), ("bob", "🎉")):
        await place.ask(user, c.React, chat=room, seq=3, emoji=emoji, on=True)
    (given,) = (await place.log.given(room, [3, 4])).values()
    assert {emoji: sorted(users) for emoji, users in given.items()} == {"👍": ["alice", "bob"], "🎉": ["bob"]}


async def test_a_message_whose_last_reaction_was_taken_back_has_none(place: Place, room: str) -> None:
    for on in (True, False):
        await place.ask("bob", c.React, chat=room, seq=3, emoji="👍", on=on)
    found = await message(place, room, 3)
    assert (found.reactions, found.as_of) == (None, 9)


async def test_a_reply_names_what_it_answers(place: Place, room: str) -> None:
    sent = await place.ask("bob", c.Send, msg_type="group", to=room, content="yes", msg_id="r", reply_to=3)
    assert (await message(place, room, sent.seq)).reply_to == 3
