"""What `hello` with cursors brings back (docs/protocol.md §2, §3.4)."""

import asyncio
from typing import Any

import pytest

from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import BULK

pytestmark = pytest.mark.settings(**BULK)


async def say(speaker: Connection, room: str, count: int, prefix: str = "m") -> int:
    """Say `count` things; gives the last seq."""
    words = [f"{prefix}{number}" for number in range(count)]
    ids = [
        await speaker.says("send", msg_type="group", to=room, content=each, msg_id=f"{room} {each}")
        for each in words
    ]
    last: int = [await speaker.answer(each) for each in ids][-1]["seq"]
    return last


async def test_a_cursor_at_the_head_needs_nothing(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    again = await bob.person.connects(cursors={room: 2}, epoch=bob.welcome["epoch"])
    await again.hears_nothing()
    await say(alice, room, 1)
    await again.hears("message", seq=3)


async def test_without_cursors_the_flow_starts_at_the_head(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    head = await say(alice, room, 3)
    again = await bob.person.connects()
    [chat] = again.welcome["chats"]
    assert (chat["chat"], chat["head"], chat["unread"], chat["last"]["seq"]) == (room, head, 3, head)
    await again.hears_nothing()
    await say(alice, room, 1, "next")
    await again.hears("message", seq=head + 1)


async def test_what_was_missed_is_replayed_and_the_live_flow_goes_on(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await bob.drops()
    await say(alice, room, 5)
    again = await bob.person.connects(cursors={room: 2}, epoch=bob.welcome["epoch"])
    await say(alice, room, 2, "live")
    told = [(await again.hears("message", chat=room))["content"] for _ in range(7)]
    assert told == ["m0", "m1", "m2", "m3", "m4", "live0", "live1"]


async def test_every_kind_of_entry_is_replayed_in_present_form(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await say(alice, room, 3)  # 3, 4, 5
    await bob.asks("react", chat=room, seq=3, emoji="👍", on=True)  # 6
    await alice.asks("react", chat=room, seq=3, emoji="👍", on=True)  # 7
    await alice.asks("edit", chat=room, seq=4, content="first edit")  # 8
    await alice.asks("edit", chat=room, seq=4, content="second edit")  # 9
    await alice.asks("edit", chat=room, seq=5, content="an edit that goes")  # 10
    await alice.asks("delete", chat=room, seq=5)  # 11
    await alice.asks("rename", chat=room, name="Renamed")  # 12
    await alice.asks("react", chat=room, seq=3, emoji="👍", on=False)  # 13
    history = (await bob.asks("history", chat=room, after=2))["entries"]
    again = await bob.person.connects(cursors={room: 2})
    await again.asks("ping")
    while len(again.inbox) < 11:
        again._file(await again.next())
    replayed = list(again.inbox)
    assert replayed == history
    reacted, edited, deleted = replayed[:3]
    assert (reacted["reactions"], reacted["as_of"]) == ({"👍": {"count": 1, "mine": True}}, 13)
    assert (edited["content"], edited["edited"], edited["as_of"]) == ("second edit", 9, 9)
    assert (deleted["deleted"], deleted["as_of"]) == (True, 11)
    assert [(each["type"], each.get("content")) for each in replayed[5:9]] == [
        ("edited", "first edit"), ("edited", "second edit"), ("edited", None), ("deleted", None),
    ]  # fmt: skip
    assert replayed[7]["deleted"] is True


async def test_five_hundred_are_replayed_and_one_more_is_a_hole(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    head = await say(alice, room, 501)
    full = await bob.person.connects(cursors={room: head - 500})
    for seq in range(head - 499, head + 1):
        await full.hears("message", seq=seq)
    hole = await bob.person.connects(cursors={room: head - 501})
    resync = await hole.hears("resync", chat=room, after=head - 501, next=head + 1)
    assert "reset" not in resync
    await hole.hears_nothing()
    await say(alice, room, 1, "live")
    await hole.hears("message", seq=head + 1)
    page = await hole.asks("history", chat=room, after=head - 501, limit=300)
    assert (page["entries"][0]["seq"], page["more"]) == (head - 500, True)


async def test_one_hello_replays_no_more_than_its_bound(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    rooms = [await stage.room(alice, bob) for _ in range(11)]
    for room in rooms:
        await say(alice, room, 498)
    again = await bob.person.connects(cursors=dict.fromkeys(rooms, 0))
    await bob.drops()
    whole: dict[str, int] = dict.fromkeys(rooms, 0)
    holes: dict[str, Any] = {}
    while sum(seq == 500 for seq in whole.values()) + len(holes) < 11:
        push = await again.next()
        if push["type"] == "resync":
            holes[push["chat"]] = (push["after"], push["next"])
        else:
            whole[push["chat"]] = push["seq"]
    assert sorted(whole.values()) == [0] + [500] * 10
    assert list(holes.values()) == [(0, 501)]


async def test_a_cursor_beyond_the_head_is_reset(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    again = await bob.person.connects(cursors={room: 3})
    await again.hears("resync", chat=room, next=3, reset=True)
    await say(alice, room, 1)
    await again.hears("message", seq=3)


async def test_a_cursor_of_another_epoch_is_reset(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    again = await bob.person.connects(cursors={room: 1}, epoch="another")
    await again.hears("resync", chat=room, next=3, reset=True)
    await again.hears_nothing()
    assert again.welcome["epoch"] == bob.welcome["epoch"]


async def test_chats_that_are_gone_are_named(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room, other = await stage.room(alice, bob), await stage.room(alice, bob)
    await bob.drops()
    await alice.asks("kick", chat=room, user=bob)
    again = await bob.person.connects(cursors={room: 2, other: 2, "rnothing": 5})
    assert sorted(again.welcome["gone"]) == sorted([room, "rnothing"])
    assert [each["chat"] for each in again.welcome["chats"]] == [other]
    await say(alice, room, 1)
    await again.hears_nothing()


async def test_who_was_kicked_and_came_back_is_replayed_all_of_it(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    room = await stage.room(alice, bob, carol)
    tablet = await bob.person.connects()
    await bob.drops()
    await alice.asks("kick", chat=room, user=tablet)
    await say(alice, room, 2)
    await tablet.asks("join", chat=room)
    for each in (alice, carol):
        await each.catches_up()  # whichever node bob comes back to, it knows
    again = await bob.person.connects(cursors={room: 3})
    await again.hears("member", seq=4, change="kicked")
    for seq in (5, 6):
        await again.hears("message", seq=seq)
    await again.hears("member", seq=7, change="joined")
    await say(alice, room, 1, "live")
    await again.hears("message", seq=8)


async def test_a_welcome_is_cut_where_an_envelope_ends_and_every_flow_goes_on(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    owners = (alice, bob)
    rooms = [await stage.room(owners[number % 2], owners[1 - number % 2]) for number in range(40)]
    for room in rooms:
        await alice.asks("send", msg_type="group", to=room, content="😀" * 8_000, msg_id=room)
    again = await bob.person.connects()
    listed = [each["chat"] for each in again.welcome["chats"]]
    assert again.welcome["more"]
    while len(listed) < len(rooms):
        page = await again.asks("chats", after=listed[-1])
        listed += [each["chat"] for each in page["chats"]]
        assert page["more"] == (len(listed) < len(rooms))
    assert listed == sorted(rooms)
    await alice.asks("send", msg_type="group", to=listed[-1], content="last", msg_id="last")
    await again.hears("message", chat=listed[-1], seq=4)


async def test_the_client_chooses_which_chats_it_is_told_of(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    same, changed, unknown = [await stage.room(alice, bob) for _ in range(3)]
    await say(alice, changed, 1)
    cursors = {same: 2, changed: 2}
    told = {}
    for wanted in ("all", "changed", "none"):
        again = await bob.person.connects(cursors=cursors, chats=wanted)
        await again.hears("message", chat=changed, seq=3)
        told[wanted] = [each["chat"] for each in again.welcome["chats"]]
        assert ("heads" in again.welcome) == (wanted == "none")
        heads = again.welcome.get("heads")
    assert told == {
        "all": sorted([same, changed, unknown]),
        "changed": sorted([changed, unknown]),
        "none": [],
    }
    assert heads == {same: 2, changed: 3, unknown: 2}
    await say(alice, unknown, 1)
    await again.hears("message", chat=unknown, seq=3)


async def test_who_joins_while_others_speak_misses_nothing(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await bob.drops()
    await say(alice, room, 100)

    async def come_back(number: int) -> list[int]:
        again = await bob.person.connects(cursors={room: number})
        told: list[int] = []
        while not told or told[-1] < 302:
            push = await again.eventually_hears("message", chat=room)
            told.append(push["seq"])
        return told

    *stories, _ = await asyncio.gather(
        *(come_back(number) for number in (2, 30, 99, 102)), say(alice, room, 200, "live")
    )
    for story in stories:
        assert story == list(range(story[0], 303))


async def test_a_restart_keeps_the_epoch_and_every_cursor(own_stage: Stage) -> None:
    stage = own_stage
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    chat = await stage.friends(alice, bob)
    await say(alice, room, 3)
    stage.server.crash()
    stage.server.start()
    back = await alice.person.connects()
    await back.asks("send", msg_type="private", to=bob, content="psst", msg_id="p")
    again = await bob.person.connects(cursors={room: 3, chat: 0}, epoch=bob.welcome["epoch"])
    assert (again.welcome["epoch"], again.welcome["gone"]) == (bob.welcome["epoch"], [])
    heard = {(each["chat"], each["seq"]) for each in [await again.hears("message") for _ in range(3)]}
    assert heard == {(room, 4), (room, 5), (chat, 1)}
    await again.hears_nothing()
