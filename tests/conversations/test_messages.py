"""What is said: `send`, `edit`, `delete`, `react`, and what everybody sees of it (docs/protocol.md §2)."""

import pytest

from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import TIGHT

pytestmark = pytest.mark.every_store


async def say(speaker: Connection, room: str, content: str, msg_id: str = "1") -> int:
    sent = await speaker.asks("send", msg_type="group", to=room, content=content, msg_id=msg_id)
    seq: int = sent["seq"]
    return seq


async def test_a_message_reaches_the_room_and_its_sender(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    sent = await alice.asks("send", msg_type="group", to=room, content="hi", msg_id="1")
    assert (sent["chat"], sent["msg_id"], sent["seq"], sent["duplicate"]) == (room, "1", 3, False)
    for each in (alice, bob):
        heard = await each.hears(
            "message", chat=room, seq=3, ts=sent["ts"], msg_id="1", msg_type="group", from_=alice, to=room,
            content="hi",
        )  # fmt: skip
        assert "reply_to" not in heard
        await each.hears_nothing()


async def test_a_message_between_two_friends(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    sent = await alice.asks("send", msg_type="private", to=bob, content="psst", msg_id="1")
    assert (sent["chat"], sent["seq"]) == (chat, 1)
    for each in (alice, bob):
        await each.hears("message", chat=chat, seq=1, msg_type="private", from_=alice, to=bob, content="psst")


async def test_a_reply_names_the_message_it_is_about(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    question = await say(alice, room, "well?")
    await bob.asks("send", msg_type="group", to=room, content="so!", msg_id="2", reply_to=question)
    await alice.hears("message", seq=question)
    await alice.hears("message", from_=bob, reply_to=question)


@pytest.mark.parametrize("reply_to", [1, 99])
async def test_a_reply_to_what_is_no_message_is_refused(stage: Stage, reply_to: int) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    fields = {"msg_type": "group", "to": room, "content": "?", "msg_id": "1", "reply_to": reply_to}
    await alice.is_refused("not_found", "send", **fields)
    await alice.hears_nothing()


async def test_an_edit_is_told_and_kept(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = await say(alice, room, "tyop")
    done = await alice.asks("edit", chat=room, seq=seq, content="typo")
    assert (done["chat"], done["seq"]) == (room, seq + 1)
    await bob.hears("message", seq=seq)
    await bob.hears("edited", chat=room, seq=seq + 1, ts=done["ts"], from_=alice, target=seq, content="typo")
    page = await bob.asks("history", chat=room, after=seq - 1)
    message, edit = page["entries"]
    assert (message["content"], message["edited"], message["as_of"]) == ("typo", seq + 1, seq + 1)
    assert (edit["type"], edit["target"], edit["content"]) == ("edited", seq, "typo")


async def test_an_edit_that_changes_nothing_makes_no_entry(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    seq = await say(alice, room, "same")
    done = await alice.asks("edit", chat=room, seq=seq, content="same")
    assert done["seq"] == seq
    await alice.hears("message")
    await alice.hears_nothing()


async def test_only_its_author_edits_a_message(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = await say(bob, room, "mine")
    await alice.is_refused("forbidden", "edit", chat=room, seq=seq, content="owned")
    await alice.is_refused("not_found", "edit", chat=room, seq=1, content="an entry, but no message")
    await alice.is_refused("not_found", "edit", chat=room, seq=seq + 50, content="nothing there")


async def test_a_deletion_is_told_and_leaves_an_empty_place(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = await say(bob, room, "oops")
    done = await bob.asks("delete", chat=room, seq=seq)
    await alice.hears("message", seq=seq)
    heard = await alice.hears("deleted", chat=room, seq=done["seq"], ts=done["ts"], from_=bob, target=seq)
    assert "content" not in heard
    again = await bob.asks("delete", chat=room, seq=seq)
    assert again["seq"] == done["seq"]
    await alice.hears_nothing()
    for command, fields in (("edit", {"content": "back"}), ("react", {"emoji": "👍", "on": True})):
        await bob.is_refused("not_found", command, chat=room, seq=seq, **fields)


async def test_members_delete_their_own_and_admins_any(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    room = await stage.room(alice, bob, carol)
    seq = await say(bob, room, "hm")
    await carol.is_refused("forbidden", "delete", chat=room, seq=seq)
    await alice.asks("set_role", chat=room, user=carol, role="admin")
    await carol.asks("delete", chat=room, seq=seq)
    mine = await say(alice, room, "the owner's", "2")
    await carol.asks("delete", chat=room, seq=mine)


async def test_nobody_deletes_the_other_ones_message_in_private(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    sent = await bob.asks("send", msg_type="private", to=alice, content="mine", msg_id="1")
    await alice.is_refused("forbidden", "delete", chat=chat, seq=sent["seq"])


async def test_reactions_are_told_counted_and_taken_back(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = await say(alice, room, "news")
    done = await bob.asks("react", chat=room, seq=seq, emoji="👍", on=True)
    await alice.hears("message")
    await alice.hears(
        "reacted", chat=room, seq=done["seq"], ts=done["ts"], from_=bob, target=seq, emoji="👍", on=True
    )
    await alice.asks("react", chat=room, seq=seq, emoji="👍", on=True)
    await alice.asks("react", chat=room, seq=seq, emoji="🎉", on=True)
    same = await alice.asks("react", chat=room, seq=seq, emoji="🎉", on=True)
    [message] = (await bob.asks("history", chat=room, after=seq - 1, limit=1))["entries"]
    assert message["reactions"] == {"👍": {"count": 2, "mine": True}, "🎉": {"count": 1, "mine": False}}
    assert message["as_of"] == same["seq"] == seq + 3
    back = await alice.asks("react", chat=room, seq=seq, emoji="🎉", on=False)
    assert back["seq"] == seq + 4
    [message] = (await alice.asks("history", chat=room, after=seq - 1, limit=1))["entries"]
    assert message["reactions"] == {"👍": {"count": 2, "mine": True}}
    assert message["as_of"] == seq + 4


async def test_emoji_have_a_length_and_a_message_holds_twenty(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = await say(alice, room, "popular")
    await alice.is_refused("bad_request", "react", chat=room, seq=seq, emoji="", on=True)
    await alice.is_refused("too_long", "react", chat=room, seq=seq, emoji="é" * 16 + "!", on=True)
    await alice.asks("react", chat=room, seq=seq, emoji="é" * 16, on=True)
    for number in range(19):
        await alice.asks("react", chat=room, seq=seq, emoji=f"e{number}", on=True)
    await bob.is_refused("too_long", "react", chat=room, seq=seq, emoji="one more", on=True)
    await bob.asks("react", chat=room, seq=seq, emoji="e0", on=True)


@pytest.mark.parametrize(
    ("content", "code"), [("", "bad_request"), ("x" * 8_001, "too_long"), ("😀" * 8_001, "too_long")]
)
async def test_content_has_bounds(stage: Stage, content: str, code: str) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    seq = await say(alice, room, "short")
    await alice.hears("message")
    await alice.is_refused(code, "send", msg_type="group", to=room, content=content, msg_id="2")
    await alice.is_refused(code, "edit", chat=room, seq=seq, content=content)
    await alice.hears_nothing()


async def test_lengths_count_code_points(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    await say(alice, room, "😀" * 8_000)
    assert (await alice.hears("message"))["content"] == "😀" * 8_000
    await say(alice, room, "!", "😀" * 64)
    await alice.is_refused("bad_request", "send", msg_type="group", to=room, content="!", msg_id="😀" * 65)
    await alice.is_refused("bad_request", "send", msg_type="group", to=room, content="!", msg_id="")


async def test_who_is_not_in_a_chat_says_nothing_there(stage: Stage) -> None:
    alice, bob, eve = await stage.people("alice", "bob", "eve")
    public = await stage.room(alice)
    private = await stage.room(alice, public=False)
    of_two = await stage.friends(alice, bob)
    seq = await say(alice, public, "hello")
    await say(alice, private, "hello", "2")
    for chat, code in (
        (public, "not_a_member"), (private, "not_found"), (of_two, "not_found"), ("rnothing", "not_found"),
    ):  # fmt: skip
        await eve.is_refused(code, "send", msg_type="group", to=chat, content="me too", msg_id="1")
        await eve.is_refused(code, "edit", chat=chat, seq=seq, content="me too")
        await eve.is_refused(code, "delete", chat=chat, seq=seq)
        await eve.is_refused(code, "react", chat=chat, seq=seq, emoji="👍", on=True)
        await eve.is_refused(code, "history", chat=chat)
        await eve.is_refused(code, "members", chat=chat)
        await eve.is_refused(code, "read", chat=chat, seq=1)
        await eve.is_refused(code, "received", chat=chat, seq=1)


async def test_a_message_to_oneself_a_stranger_or_nobody(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    fields = {"msg_type": "private", "content": "hi", "msg_id": "1"}
    await alice.is_refused("bad_request", "send", to=alice, **fields)
    await alice.is_refused("not_friends", "send", to=bob, **fields)
    await alice.is_refused("not_found", "send", to="nobody.at.all", **fields)
    await bob.hears_nothing()


@pytest.mark.settings(**TIGHT)
async def test_where_anyone_may_write_to_anyone_the_first_message_makes_the_chat(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    sent = await alice.asks("send", msg_type="private", to=bob, content="hi", msg_id="1")
    for each, peer in ((alice, bob), (bob, alice)):
        await each.hears("chat", chat=sent["chat"], peer=peer.user, head=0)
        await each.hears("message", seq=1, content="hi")
    await bob.asks("block", user=alice)
    await alice.is_refused("not_friends", "send", msg_type="private", to=bob, content="hi", msg_id="2")
