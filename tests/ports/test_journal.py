"""model.ports.Journal: what is answered is what is kept, once, in order."""

from collections.abc import Mapping, Sequence

import pytest
from tests.ports.requests import Asked

from hubbub.model import commands as c
from hubbub.model.entries import MemberChanged, Message
from hubbub.model.errors import Refused
from hubbub.model.proposals import Proposal, digest
from hubbub.model.replies import Done, Ok, RoomMade, Sent
from hubbub.testing.clock import START_MS
from hubbub.testing.place import Place


def message(room: str, msg_id: str = "m1", content: str = "hello") -> dict[str, object]:
    return {"msg_type": "group", "to": room, "content": content, "msg_id": msg_id}


async def test_a_seq_is_given_without_holes_whatever_the_kind_of_entry(place: Place) -> None:
    room = await place.room("alice", "bob")
    sent = await place.ask("alice", c.Send, **message(room))
    edited = await place.ask("alice", c.Edit, chat=room, seq=sent.seq, content="hi")
    reacted = await place.ask("bob", c.React, chat=room, seq=sent.seq, emoji="👍", on=True)
    named = await place.ask("alice", c.Rename, chat=room, name="Tea")
    assert [sent.seq, edited.seq, reacted.seq, named.seq] == [3, 4, 5, 6]
    assert [entry.seq for entry in await place.transcript(room)] == [1, 2, 3, 4, 5, 6]


async def test_a_retry_is_answered_with_the_first_reply_and_makes_nothing(place: Place) -> None:
    room = await place.room("alice")
    first = await place.ask("alice", c.Send, **message(room))
    place.clock.advance(5_000)
    again = await place.ask("alice", c.Send, **message(room))
    assert again == Sent(msg_id="m1", chat=room, seq=first.seq, ts=first.ts, duplicate=True)
    assert len(await place.transcript(room)) == 2


@pytest.mark.parametrize(
    ("command", "fields"),
    [(c.Rename, {"name": "Tea"}), (c.Mute, {"user": "bob", "until": 2**50}), (c.Kick, {"user": "bob"})],
)
async def test_every_write_with_a_msg_id_is_done_once(
    place: Place, command: type[c.Command], fields: dict[str, object]
) -> None:
    room = await place.room("alice", "bob")
    first = await place.ask("alice", command, chat=room, msg_id="w", **fields)
    again = await place.ask("alice", command, chat=room, msg_id="w", **fields)
    assert first == again
    assert isinstance(again, Done)
    assert len(await place.transcript(room)) == 3


async def test_a_room_made_twice_is_one_room(place: Place) -> None:
    first = await place.ask("alice", c.CreateRoom, name="Tea", public=True, msg_id="r")
    again = await place.ask("alice", c.CreateRoom, name="Tea", public=True, msg_id="r")
    assert first == again
    assert isinstance(again, RoomMade)
    assert len(await place.chats.of_user("alice")) == 1


async def test_a_friend_request_made_twice_is_told_once(place: Place) -> None:
    for _ in range(2):
        assert await place.ask("alice", c.Befriend, user="bob", msg_id="f") == Ok(id=None)
    assert [user for user, _ in place.notices()] == ["bob"]


async def test_another_request_under_the_same_msg_id_is_a_conflict(place: Place) -> None:
    room, other = await place.room("alice"), await place.room("alice")
    await place.ask("alice", c.Send, **message(room))
    assert await place.refused("alice", c.Send, **message(room, content="other")) == "conflict"
    assert await place.refused("alice", c.Send, **message(other)) == "conflict"
    assert await place.refused("alice", c.Send, **message(room), reply_to=2) == "conflict"
    assert len(await place.transcript(other)) == 1


async def test_msg_ids_of_different_users_have_nothing_to_do_with_each_other(place: Place) -> None:
    room = await place.room("alice", "bob")
    mine = await place.ask("alice", c.Send, **message(room))
    theirs = await place.ask("bob", c.Send, **message(room))
    assert (mine.duplicate, theirs.duplicate, theirs.seq) == (False, False, mine.seq + 1)


async def test_what_was_stored_is_answered_as_stored_after_the_right_is_gone(place: Place) -> None:
    room = await place.room("alice", "bob")
    first = await place.ask("bob", c.Send, **message(room))
    await place.ask("alice", c.Kick, chat=room, user="bob")
    again = await place.ask("bob", c.Send, **message(room))
    assert (again.seq, again.duplicate) == (first.seq, True)
    assert await place.refused("bob", c.Send, **message(room, "m2")) == "not_a_member"


async def test_a_refused_write_changes_nothing_and_its_msg_id_stays_free(place: Place) -> None:
    room = await place.room("alice")
    assert await place.refused("bob", c.Send, **message(room)) == "not_a_member"
    await place.ask("bob", c.Join, chat=room)
    sent = await place.ask("bob", c.Send, **message(room))
    assert (sent.seq, sent.duplicate) == (3, False)


TAKEN_AND_GIVEN_BACK: Mapping[str, Sequence[Asked]] = {
    "kicked": [("alice", c.Kick, {"user": "bob"}), ("bob", c.Join, {})],
    "gone": [("bob", c.Leave, {}), ("bob", c.Join, {})],
    "muted": [("alice", c.Mute, {"user": "bob", "until": until}) for until in (2**50, 0)],
    "muted for a while": [("alice", c.Mute, {"user": "bob", "until": START_MS + 1_000})],
    "no admin": [("alice", c.SetRole, {"user": "bob", "role": role}) for role in ("member", "admin")],
}
FRIENDS_AGAIN: Sequence[Asked] = [
    ("alice", c.Befriend, {"user": "bob"}),
    ("bob", c.Accept, {"user": "alice"}),
]
NO_FRIENDS: Mapping[str, Sequence[Asked]] = {
    "unfriended": [("alice", c.Unfriend, {"user": "bob"}), *FRIENDS_AGAIN],
    "blocked": [("alice", c.Block, {"user": "bob"}), ("alice", c.Unblock, {"user": "bob"}), *FRIENDS_AGAIN],
}


async def is_not_done(place: Place, waiting: Proposal) -> None:
    before = await place.transcript(waiting.chat)
    with pytest.raises(Refused, match="unavailable"):
        await place.dispatcher.commit(waiting)
    assert await place.transcript(waiting.chat) == before
    assert waiting.msg_id is not None
    assert await place.journal.recall(waiting.user, waiting.msg_id, waiting.digest) is None


@pytest.mark.parametrize("how", TAKEN_AND_GIVEN_BACK)
async def test_what_waited_while_its_right_was_taken_and_given_back_is_not_done(
    place: Place, how: str
) -> None:
    """Bob's line was lost while his message waited. He asked again, elsewhere, and was refused: nothing may come of it later."""
    room = await place.room("alice", "bob")
    await place.ask("alice", c.SetRole, chat=room, user="bob", role="admin")
    asked: Asked = ("bob", c.Send, message(room))
    if how == "no admin":
        asked = ("bob", c.Rename, {"chat": room, "name": "Tea", "msg_id": "m1"})
    user, command, fields = asked
    waiting = await place.proposal(user, command, **fields)
    for each, step, about in TAKEN_AND_GIVEN_BACK[how]:
        await place.ask(each, step, chat=room, **about)
    place.clock.advance(2_000)
    await is_not_done(place, waiting)
    await place.ask(user, command, **fields)
    assert len(await place.transcript(room)) > 4


async def test_a_membership_is_not_left_by_who_asked_to_leave_the_one_before(place: Place) -> None:
    room = await place.room("alice", "bob")
    waiting = await place.proposal("bob", c.Leave, chat=room, msg_id="m1")
    await place.ask("alice", c.Kick, chat=room, user="bob")
    await place.ask("bob", c.Join, chat=room)
    await is_not_done(place, waiting)


@pytest.mark.parametrize("how", NO_FRIENDS)
async def test_what_waited_while_its_people_were_no_friends_is_not_done(place: Place, how: str) -> None:
    await place.befriend("alice", "bob")
    private = {"msg_type": "private", "to": "alice", "content": "psst", "msg_id": "m1"}
    waiting = await place.proposal("bob", c.Send, **private)
    for user, step, about in NO_FRIENDS[how]:
        await place.ask(user, step, **about)
    await is_not_done(place, waiting)
    assert (await place.ask("bob", c.Send, **private)).seq == 1


@pytest.mark.parametrize(
    ("command", "about"), [(c.Mute, {"until": 0}), (c.SetRole, {"role": "owner"})], ids=["voice", "role"]
)
async def test_what_waited_while_its_sender_was_given_more_is_done(
    place: Place, command: type[c.Command], about: dict[str, object]
) -> None:
    room = await place.room("alice", "bob")
    sent = await place.ask("bob", c.Send, **message(room))
    await place.ask("alice", c.Mute, chat=room, user="bob", until=2**50)
    waiting = await place.proposal("bob", c.Delete, chat=room, seq=sent.seq, msg_id="d")
    await place.ask("alice", command, chat=room, user="bob", **about)
    assert isinstance(await place.dispatcher.commit(waiting), Done)


async def test_recall_knows_what_was_stored_and_nothing_else(place: Place) -> None:
    room = await place.room("alice")
    command = c.Send(id=7, msg_type="group", to=room, content="hello", msg_id="m1")
    assert await place.journal.recall("alice", "m1", digest("alice", command)) is None
    sent = await place.ask("alice", c.Send, **message(room))
    recalled = await place.journal.recall("alice", "m1", digest("alice", command))
    assert recalled == Sent(msg_id="m1", chat=room, seq=sent.seq, ts=sent.ts, duplicate=True)
    with pytest.raises(Refused, match="conflict"):
        await place.journal.recall("alice", "m1", "another digest")


async def test_a_proposal_to_a_chat_that_does_not_exist_is_not_found(place: Place) -> None:
    answers: list[object] = []
    place.journal.submit(Proposal(user="alice", chat="rnone", decide=lambda _, __: Ok()), answers.append)
    await place.room("alice")
    assert [answer.code for answer in answers if isinstance(answer, Refused)] == ["not_found"]


async def test_times_never_run_backwards_within_a_chat(place: Place) -> None:
    room = await place.room("alice")
    place.clock.advance(-60_000)
    sent = await place.ask("alice", c.Send, **message(room))
    assert [entry.ts for entry in await place.transcript(room)] == [sent.ts, sent.ts]


async def test_what_is_published_is_what_is_kept(place: Place) -> None:
    room = await place.room("alice", "bob")
    await place.ask("bob", c.Send, **message(room))
    published = [entry for each in place.published for entry in each.entries]
    assert published == await place.transcript(room)
    assert [ordinal for each in place.published for ordinal in each.ordinals] == [0, 0, 1]


async def test_a_private_chat_is_shown_once_when_its_people_become_friends(place: Place) -> None:
    await place.befriend("alice", "bob")
    await place.ask("alice", c.Unfriend, user="bob")
    await place.befriend("bob", "alice")
    assert [each.shown for each in place.published] == [False, True, False, False, False]
    told = [f"{user} {push.change}" for user, push in place.notices()]
    assert sorted(told) == sorted(2 * ["alice accepted", "bob accepted"] + ["alice removed", "bob removed"]
                                  + ["alice requested", "bob requested"])  # fmt: skip


async def test_sending_raises_the_senders_cursors_and_nobody_elses(place: Place) -> None:
    room = await place.room("alice", "bob")
    sent = await place.ask("alice", c.Send, **message(room))
    chat = await place.chats.load(room)
    assert chat is not None
    alice, bob = chat.members["alice"], chat.members["bob"]
    assert (alice.received, alice.read, alice.read_ordinal) == (sent.seq, sent.seq, 1)
    assert (bob.received, bob.read, bob.read_ordinal) == (1, 1, 0)


async def test_the_entry_of_a_change_names_who_did_it_to_whom(place: Place) -> None:
    room = await place.room("alice", "bob")
    await place.ask("alice", c.SetRole, chat=room, user="bob", role="admin")
    last = (await place.transcript(room))[-1]
    assert isinstance(last, MemberChanged)
    assert (last.sender, last.user, last.change, last.role) == ("alice", "bob", "role", "admin")


async def test_a_private_message_names_the_other_user(place: Place) -> None:
    await place.befriend("alice", "bob")
    sent = await place.ask("alice", c.Send, msg_type="private", to="bob", content="psst", msg_id="p")
    (entry,) = await place.transcript(sent.chat, "bob")
    assert isinstance(entry, Message)
    assert (entry.to, entry.msg_type, entry.sender) == ("bob", "private", "alice")
