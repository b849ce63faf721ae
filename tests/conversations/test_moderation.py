"""Keeping order: kick, ban, mute, and their ends (docs/protocol.md §2, §3.7)."""

import asyncio

import pytest

from hubbub_conformance.conversation import Stage

pytestmark = pytest.mark.every_store


async def test_a_kicked_member_hears_that_and_nothing_more(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    room = await stage.room(alice, bob, carol)
    done = await alice.asks("kick", chat=room, user=bob)
    await alice.asks("send", msg_type="group", to=room, content="peace", msg_id="1")
    for each in (bob, carol):
        await each.hears("member", seq=done["seq"], from_=alice, user=bob.user, change="kicked")
    await carol.hears("message", content="peace")
    await bob.hears_nothing()
    await bob.is_refused("not_a_member", "send", msg_type="group", to=room, content="but", msg_id="1")
    await bob.asks("join", chat=room)


async def test_who_was_kicked_from_a_private_room_knows_of_it_no_more(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    room = await stage.room(alice, bob, public=False)
    await alice.asks("kick", chat=room, user=bob)
    for command in ("join", "history", "members"):
        await bob.is_refused("not_found", command, chat=room)
    assert room not in [each["chat"] for each in (await bob.asks("chats"))["chats"]]


async def test_a_banned_member_goes_and_cannot_come_back(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    await stage.friends(carol, bob)
    room = await stage.room(alice, bob, carol)
    done = await alice.asks("ban", chat=room, user=bob)
    for each in (bob, carol):
        await each.hears("member", seq=done["seq"], from_=alice, user=bob.user, change="banned")
    await bob.is_refused("banned", "join", chat=room)
    await carol.is_refused("banned", "invite", chat=room, user=bob)
    assert (await alice.asks("ban", chat=room, user=bob))["seq"] == done["seq"]
    undone = await alice.asks("unban", chat=room, user=bob)
    await carol.hears("member", seq=undone["seq"], user=bob.user, change="unbanned")
    await bob.hears_nothing()
    await bob.asks("join", chat=room)


async def test_a_stranger_may_be_banned_beforehand(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice)
    await alice.asks("ban", chat=room, user=bob)
    await alice.hears("member", user=bob.user, change="banned")
    await bob.hears_nothing()
    await bob.is_refused("banned", "join", chat=room)
    await alice.is_refused("not_found", "ban", chat=room, user="nobody.at.all")


async def test_a_muted_member_is_silent(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = (await bob.asks("send", msg_type="group", to=room, content="la", msg_id="1"))["seq"]
    done = await alice.asks("mute", chat=room, user=bob, until=2**50)
    await bob.eventually_hears("member", seq=done["seq"], user=bob.user, change="muted", until=2**50)
    await bob.is_refused("muted", "send", msg_type="group", to=room, content="la la", msg_id="2")
    await bob.is_refused("muted", "edit", chat=room, seq=seq, content="lo")
    await bob.is_refused("muted", "react", chat=room, seq=seq, emoji="👍", on=True)
    members = {each["user"]: each for each in (await alice.asks("members", chat=room))["members"]}
    assert members[bob.user]["muted_until"] == 2**50
    assert "muted_until" not in members[alice.user]


async def test_a_mute_ends_by_itself(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    now = (await bob.asks("send", msg_type="group", to=room, content="la", msg_id="1"))["ts"]
    await alice.asks("mute", chat=room, user=bob, until=now + 300)
    await bob.eventually_hears("member", change="muted", until=now + 300)
    while "muted_until" in (await alice.asks("members", chat=room, after=alice.user))["members"][0]:
        await asyncio.sleep(0.02)  # or the fastest wires would be refused as too eager

    async def speaks() -> str:
        speak = {"msg_type": "group", "to": room, "content": "la la", "msg_id": "2"}
        kind: str = (await bob.answer(await bob.says("send", **speak)))["type"]
        return kind

    await stage.agrees("sent", speaks)  # two nodes know the database's time as exactly as it answers quickly


async def test_a_mute_may_be_ended_early(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    speak = {"msg_type": "group", "to": room, "content": "la", "msg_id": "1"}
    await alice.asks("mute", chat=room, user=bob, until=2**50)
    await bob.is_refused("muted", "send", **speak)
    await alice.asks("mute", chat=room, user=bob, until=0)
    await bob.hears("member", change="muted", until=2**50)
    await bob.hears("member", change="muted", until=0)
    await bob.asks("send", **speak)


async def test_a_muted_member_may_still_read_leave_and_take_back_their_words(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = (await bob.asks("send", msg_type="group", to=room, content="la", msg_id="1"))["seq"]
    await alice.asks("mute", chat=room, user=bob, until=2**50)
    await bob.asks("history", chat=room)
    await bob.asks("read", chat=room, seq=seq)
    await bob.asks("delete", chat=room, seq=seq)
    await bob.asks("leave", chat=room)


async def test_leaving_does_not_end_a_ban(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    room = await stage.room(alice, bob, carol)
    await alice.asks("ban", chat=room, user=bob)
    await alice.asks("leave", chat=room)
    await bob.is_refused("banned", "join", chat=room)


async def test_membership_is_part_of_the_log(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.asks("set_role", chat=room, user=bob, role="admin")
    await alice.asks("mute", chat=room, user=bob, until=2**50)
    await alice.asks("kick", chat=room, user=bob)
    await alice.asks("ban", chat=room, user=bob)
    await alice.asks("unban", chat=room, user=bob)
    await bob.asks("join", chat=room)
    await bob.asks("leave", chat=room)
    entries = (await alice.asks("history", chat=room))["entries"]
    assert [each["seq"] for each in entries] == list(range(1, 10))
    told = [(each["user"], each["from"], each["change"]) for each in entries[1:]]
    by_alice = [
        (bob.user, alice.user, change) for change in ("role", "muted", "kicked", "banned", "unbanned")
    ]
    assert told == [
        (bob.user, bob.user, "joined"), *by_alice, (bob.user, bob.user, "joined"), (bob.user, bob.user, "left"),
    ]  # fmt: skip
    assert (entries[2]["role"], entries[3]["until"]) == ("admin", 2**50)


async def test_leaving_and_coming_back_does_not_end_a_mute(stage: Stage) -> None:
    owner, troll = await stage.people("owner", "troll")
    room = await stage.room(owner, troll)
    until = 2**50
    await owner.asks("mute", chat=room, user=troll.user, until=until)
    for _ in range(2):
        await troll.asks("leave", chat=room)
        await troll.asks("join", chat=room)
        await troll.is_refused("muted", "send", msg_type="group", to=room, content="ha", msg_id="m")
    await owner.asks("mute", chat=room, user=troll.user, until=0)
    await troll.asks("leave", chat=room)
    await troll.asks("join", chat=room)
    await troll.asks("send", msg_type="group", to=room, content="sorry", msg_id="m")
