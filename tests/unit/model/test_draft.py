"""A draft is what a chat will be; once settled, the chat is what the draft said."""

from collections.abc import Sequence
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hubbub.model.chats import ADMIN, GROUP, MEMBER, PRIVATE, Chat, Held, Member
from hubbub.model.draft import Draft
from hubbub.model.effects import ChatMade, MemberGone, MemberPut
from hubbub.model.entries import Edited, MemberChanged, Message
from hubbub.model.errors import Refused

USERS = ("alice", "bob", "carol")


def room(*members: str) -> Chat:
    return Chat(id="r", msg_type=GROUP, name="Room", head=5, ordinal=2, rights_version=3,
                members={user: Member(since=1) for user in members})  # fmt: skip


def message(user: str, content: str = "hi") -> Message:
    return Message(chat="r", sender=user, msg_id="m", msg_type=GROUP, to="r", content=content)


def test_entries_are_numbered_on_from_the_head_and_messages_counted() -> None:
    draft = Draft(room("alice"), {}, 100)
    made = [
        draft.append(each)
        for each in (message("alice"), Edited(chat="r", sender="alice", target=6), message("alice"))
    ]
    assert [entry.seq for entry in made] == [6, 7, 8]
    assert draft.ordinals == [3, 3, 4]
    assert {entry.ts for entry in made} == {100}


def test_time_does_not_run_backwards() -> None:
    chat = room("alice")
    chat.last = message("alice")
    chat.last.ts = 500
    assert Draft(chat, {}, 100).append(message("alice")).ts == 500


def test_until_it_is_settled_the_chat_says_what_is_committed() -> None:
    chat = room("alice")
    draft = Draft(chat, {}, 100)
    draft.append(message("alice"))
    draft.rename("Tea")
    draft.drop_member("alice")
    draft.set_banned("bob", "alice", banned=True)
    assert (chat.head, chat.name, sorted(chat.members), chat.banned) == (5, "Room", ["alice"], set())
    draft.settle()
    assert (chat.head, chat.name, chat.members, chat.banned) == (6, "Tea", {}, {"bob"})
    assert chat.rights_version == 6
    assert chat.last is draft.entries[-1]


def test_a_sender_has_read_what_they_said() -> None:
    chat = room("alice", "bob")
    draft = Draft(chat, {}, 100)
    draft.append(message("alice"))
    draft.append(message("bob"))
    draft.settle()
    alice, bob = chat.members["alice"], chat.members["bob"]
    assert (alice.received, alice.read, alice.read_ordinal) == (6, 6, 3)
    assert (bob.received, bob.read, bob.read_ordinal) == (7, 7, 4)


def test_who_speaks_and_gets_another_role_in_one_batch_has_both() -> None:
    chat = room("alice")
    held = chat.members["alice"]
    draft = Draft(chat, {}, 100)
    draft.append(message("alice"))
    draft.put_member("alice", replace(held, role=ADMIN))
    draft.settle()
    assert chat.members["alice"] is held
    assert (held.role, held.read, held.read_ordinal) == (ADMIN, 6, 3)


def test_cursors_that_rose_during_the_transaction_stay_where_they_are() -> None:
    chat = room("alice")
    draft = Draft(chat, {}, 100)
    draft.put_member("alice", replace(chat.members["alice"], role=ADMIN))
    chat.members["alice"].raise_to(5, 4, 2)
    draft.settle()
    alice = chat.members["alice"]
    assert (alice.role, alice.received, alice.read, alice.read_ordinal) == (ADMIN, 5, 4, 2)


def test_who_speaks_leaves_and_comes_back_in_one_batch_has_read_up_to_their_return() -> None:
    chat = room("alice", "bob")
    draft = Draft(chat, {}, 100)
    draft.append(message("alice"))
    draft.append(MemberChanged(chat="r", sender="alice", user="alice", change="left"))
    draft.drop_member("alice")
    back = draft.append(MemberChanged(chat="r", sender="alice", user="alice", change="joined"))
    draft.put_member("alice", Member(role=MEMBER, since=back.seq, received=7, read=7, read_ordinal=3))
    draft.settle()
    alice = chat.members["alice"]
    assert (alice.since, alice.received, alice.read, alice.read_ordinal) == (8, 7, 7, 3)


def test_a_message_of_the_batch_can_be_changed_in_it() -> None:
    draft = Draft(room("alice"), {}, 100)
    sent = draft.append(message("alice", "first"))
    target = draft.target(sent.seq)
    assert target is not None
    target.entry.content = "second"
    assert draft.target(sent.seq) is target
    assert isinstance(sent, Message)
    assert sent.content == "first"
    assert draft.target(5) is None
    assert draft.target(7) is None


def test_a_private_chat_is_shown_to_both() -> None:
    chat = Chat(id="p", msg_type=PRIVATE, people=("alice", "bob"), visible=False)
    draft = Draft(chat, {}, 100)
    draft.make()
    draft.show()
    draft.settle()
    assert (chat.visible, sorted(chat.members), chat.rights_version) == (True, ["alice", "bob"], 3)
    assert [type(effect) for effect in draft.effects] == [ChatMade, MemberPut, MemberPut]


@pytest.mark.parametrize(("taken", "is_done"), [(False, True), (True, False)])
def test_what_was_asked_for_is_not_done_once_something_was_taken_from_who_asked(
    taken: bool, is_done: bool
) -> None:
    chat = room("alice", "bob")
    draft = Draft(chat, {}, 100)
    change = draft.restrict if taken else draft.put_member
    change("bob", replace(chat.members["bob"], role=ADMIN))
    draft.begin("bob", ("standing", 0))
    before = (draft.head, draft.rights_version)
    for act in (lambda: draft.append(message("bob")), lambda: draft.rename("Tea"), draft.unchanged):
        with nullcontext() if is_done else pytest.raises(Refused, match="unavailable"):
            act()
    assert ((draft.head, draft.rights_version) == before) != is_done


def test_what_another_or_nobody_asked_for_is_done() -> None:
    draft = Draft(room("alice", "bob"), {}, 100)
    draft.restrict("bob", Member())
    held: Sequence[tuple[str, Held | None]] = [
        ("alice", ("standing", 0)),
        ("bob", None),
        ("bob", ("since", 0)),
        ("carol", ("since", 1)),
    ]
    for each in held:
        draft.begin(*each)
        draft.append(message("alice"))
    assert draft.head == 9


@given(st.lists(st.tuples(st.sampled_from(USERS), st.booleans()), max_size=12))
def test_what_a_draft_says_before_is_what_the_chat_says_after(changes: list[tuple[str, bool]]) -> None:
    chat = room("alice", "bob")
    draft = Draft(chat, {}, 100)
    for user, stays in changes:
        if stays:
            draft.put_member(user, replace(draft.member(user) or Member(), role=ADMIN))
        elif draft.member(user) is not None:
            draft.drop_member(user)
    before = {user: member.role for user, member in draft.everybody()}
    assert draft.count() == len(before)
    draft.settle()
    assert {user: member.role for user, member in chat.members.items()} == before
    assert chat.rights_version == 3 + len(draft.effects)
    assert all(isinstance(effect, MemberPut | MemberGone) for effect in draft.effects)


def test_a_chat_read_anew_says_what_was_read_but_cursors_never_step_back() -> None:
    known, fresh = room("alice", "bob"), room("alice")
    known.members["alice"].raise_to(5, 5, 2)
    fresh.head, fresh.name = 9, "Tea"
    fresh.members["alice"].raise_to(7, 3, 1)
    known.become(fresh)
    alice = known.members["alice"]
    assert (known.head, known.name, sorted(known.members)) == (9, "Tea", ["alice"])
    assert (alice.received, alice.read, alice.read_ordinal) == (7, 5, 2)
