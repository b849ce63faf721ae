"""Blocking, both ways and on every path (docs/protocol.md §2 Rules).

The test of silence: whoever is blocked sees exactly what a friend sees who was only unfriended.
"""

from functools import partial
from typing import Any

import pytest

from hubbub_conformance.conversation import Connection, Envelope, Stage

pytestmark = pytest.mark.every_store


async def test_blocking_ends_the_friendship_and_the_talk(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    await alice.asks("block", user=bob)
    await bob.hears("friend", user=alice.user, change="removed")
    assert await alice.friend_lists() == ([], [], [], [bob.user])
    assert await bob.friend_lists() == ([], [], [], [])
    fields = {"msg_type": "private", "content": "!", "msg_id": "1"}
    await bob.is_refused("not_friends", "send", to=alice, **fields)
    await alice.is_refused("blocked", "send", to=bob, **fields)
    await alice.is_refused("blocked", "befriend", user=bob)
    await alice.is_refused("blocked", "accept", user=bob)
    for each in (alice, bob):
        await each.asks("history", chat=chat)


async def test_what_the_blocked_ask_goes_nowhere(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("block", user=bob)
    await bob.asks("befriend", user=alice)
    await alice.hears_nothing()
    assert await alice.friend_lists() == ([], [], [], [bob.user])
    assert await bob.friend_lists() == ([], [], [alice.user], [])
    await alice.asks("unblock", user=bob)
    assert (await alice.friend_lists())[1] == []
    await bob.hears("friend", user=alice.user, change="removed")  # as if it had been declined
    await alice.is_refused("not_found", "accept", user=bob)


async def test_a_request_made_before_the_block_is_not_seen_after_it(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await bob.asks("befriend", user=alice)
    await alice.hears("friend", change="requested")
    await alice.asks("block", user=bob)
    assert await alice.friend_lists() == ([], [], [], [bob.user])
    assert await bob.friend_lists() == ([], [], [alice.user], [])
    await bob.hears_nothing()


async def test_after_unblocking_they_may_be_friends_again(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    await alice.asks("block", user=bob)
    await alice.asks("unblock", user=bob)
    await bob.catches_up()
    await bob.is_refused("not_friends", "send", msg_type="private", to=alice, content="!", msg_id="1")
    await bob.asks("befriend", user=alice)
    await alice.eventually_hears("friend", user=bob.user, change="requested")
    await alice.asks("accept", user=bob)
    await bob.asks("send", msg_type="private", to=alice, content="!", msg_id="2")


async def test_blocking_twice_and_each_other(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("block", user=bob)
    await alice.asks("block", user=bob)
    await bob.asks("block", user=alice)
    for each, other in ((alice, bob), (bob, alice)):
        assert await each.friend_lists() == ([], [], [], [other.user])
        await each.is_refused("blocked", "send", msg_type="private", to=other, content="!", msg_id="1")
    await alice.asks("unblock", user=bob)
    await alice.is_refused("not_friends", "send", msg_type="private", to=bob, content="!", msg_id="2")
    await alice.hears_nothing()


async def test_rooms_are_unaffected(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.asks("block", user=bob)
    await bob.asks("send", msg_type="group", to=room, content="still here", msg_id="1")
    await alice.hears("message", from_=bob, content="still here")
    await bob.says("typing", chat=room, on=True)
    await alice.hears("typing", chat=room, user=bob.user, on=True)
    await alice.asks("kick", chat=room, user=bob)


async def test_a_blocked_friend_cannot_be_invited_nor_invite(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    room = await stage.room(bob)
    await alice.asks("block", user=bob)
    await bob.is_refused("not_friends", "invite", chat=room, user=alice)
    await alice.hears_nothing(of="chat")


class Diary:
    """Everything one person is told, with the names that differ between two plays taken out."""

    def __init__(self, me: Connection, other: Connection, chat: str) -> None:
        self._me = me
        self._names = {me.user: "me", other.user: "other", chat: "chat"}
        self.lines: list[Any] = []

    def note(self, envelope: Any) -> None:  # noqa: ANN401 - JSON
        self.lines.append(self._plain(envelope))

    async def asks(self, command: str, **fields: Any) -> None:  # noqa: ANN401 - fields of a request
        """Send a request; note the reply, and whatever was pushed until a ping was answered."""
        self.note([command, await self._me.answer(await self._me.says(command, **fields))])
        await self.hears()

    async def hears(self) -> None:
        await self._me.asks("ping")
        self._me.aside.pop("receipt", None)  # they come by the clock: their own play is in test_receipts
        while self._me.inbox:
            self.note(self._me.inbox.popleft())

    def _plain(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            kept: Envelope = {
                name: self._plain(each)
                for name, each in value.items()
                if name not in {"id", "ts", "last_seen"}
            }
            return {self._names.get(name, name): each for name, each in kept.items()}
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        return self._names.get(value, value) if isinstance(value, str) else value


async def read_by(user: str, asker: Connection, chat: str) -> int:
    """How far somebody has read, as another sees it."""
    listed = (await asker.asks("members", chat=chat))["members"]
    reach: dict[str, int] = {each["user"]: each["read"] for each in listed}
    return reach[user]


async def diary_after(stage: Stage, withdrawal: str) -> list[Any]:
    """What somebody sees, tries and hears after their friend blocked or only unfriended them."""
    me, other = await stage.people("me", "other")
    chat = await stage.friends(me, other)
    seq = (await me.asks("send", msg_type="private", to=other, content="us", msg_id="1"))["seq"]
    await me.catches_up()
    diary = Diary(me, other, chat)
    await other.asks(withdrawal, user=me)
    diary.note(await me.hears("friend"))
    await diary.hears()
    for _ in range(2):
        await diary.asks("send", msg_type="private", to=other, content="why?", msg_id="2")
        await diary.asks("edit", chat=chat, seq=seq, content="not us")
        await diary.asks("react", chat=chat, seq=seq, emoji="?", on=True)
        await diary.asks("read", chat=chat, seq=seq)
        await diary.asks("history", chat=chat)
        await diary.asks("members", chat=chat)
        await diary.asks("presence", users=[other.user])
        await diary.asks("profile", users=[other.user])
        await diary.asks("accept", user=other)
        await diary.asks("decline", user=other)
        await diary.asks("befriend", user=other)
        await diary.asks("befriend", user=other)
        await diary.asks("friends")
        await diary.asks("chats")
        await other.asks("read", chat=chat, seq=seq)
        await stage.agrees(seq, partial(read_by, other.user, me, chat))
        await other.says("typing", chat=chat, on=True)
        await other.catches_up()
        await diary.hears()
        await diary.asks("unfriend", user=other)
        await diary.asks("friends")
    await diary.asks("delete", chat=chat, seq=seq)
    await diary.asks("block", user=other)
    await diary.asks("unblock", user=other)
    await diary.asks("friends")
    again = await me.person.connects(cursors={chat: 0}, chats="none")
    diary.note(again.welcome["heads"])
    return diary.lines


async def test_who_is_blocked_sees_what_a_stripped_friend_sees(stage: Stage) -> None:
    blocked = await diary_after(stage, "block")
    stripped = await diary_after(stage, "unfriend")
    assert blocked == stripped


async def test_who_is_blocked_sees_and_shows_no_typing(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    await alice.asks("block", user=bob)
    for each, other in ((alice, bob), (bob, alice)):
        await each.catches_up()
        await other.says("typing", chat=chat, on=True)
        await other.asks("ping")
        await each.hears_nothing(of="typing")
