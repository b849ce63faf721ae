"""One person, many connections; what is unread, and how far everybody is (docs/protocol.md §2 Rules)."""

import asyncio
from functools import partial

import pytest

from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import TIGHT


async def summary(person: Connection, chat: str) -> tuple[int, int, int, int]:
    found = (await person.http.get(f"/chats/{chat}")).gives(200)
    return found["head"], found["received"], found["read"], found["unread"]


async def cursors(person: Connection, chat: str) -> tuple[int, int]:
    _, received, read, _ = await summary(person, chat)
    return received, read


async def unread(person: Connection, chat: str) -> int:
    return (await summary(person, chat))[3]


async def send(person: Connection, room: str, msg_id: str) -> int:
    seq: int = (await person.asks("send", msg_type="group", to=room, content=msg_id, msg_id=msg_id))["seq"]
    return seq


async def test_all_devices_of_all_members_hear_everything(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    tablet = await alice.person.connects(device="tablet")
    room = (await alice.asks("create_room", name="R", public=True))["chat"]
    await tablet.hears("chat", chat=room)
    await tablet.hears("member", seq=1)
    await bob.asks("join", chat=room)
    await tablet.hears("member", seq=2, user=bob.user)
    seq = await send(alice, room, "1")
    await tablet.hears("message", seq=seq, from_=alice)
    await tablet.asks("leave", chat=room)
    for each in (alice, tablet):
        await each.eventually_hears("member", user=alice.user, change="left")
    await send(bob, room, "2")
    for each in (alice, tablet):
        await each.hears_nothing()


async def test_friends_are_told_on_every_device(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    tablet = await alice.person.connects()
    await bob.asks("befriend", user=alice)
    await tablet.hears("friend", user=bob.user, change="requested")
    await alice.asks("accept", user=bob)
    await tablet.hears("friend", user=bob.user, change="accepted")
    await tablet.hears("chat", peer=bob.user)


async def test_unread_counts_messages_of_others(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await stage.agrees((2, 1, 1, 0), partial(summary, bob, room))
    first = await send(alice, room, "1")
    second = await send(alice, room, "2")
    await stage.agrees((second, 1, 1, 2), partial(summary, bob, room))
    await stage.agrees((second, second, second, 0), partial(summary, alice, room))
    await alice.asks("edit", chat=room, seq=first, content="edited")
    await alice.asks("react", chat=room, seq=first, emoji="👍", on=True)
    await stage.agrees(2, partial(unread, bob, room))
    await bob.asks("read", chat=room, seq=first)
    await stage.agrees((second + 2, first, first, 1), partial(summary, bob, room))
    last = await send(bob, room, "3")
    await stage.agrees((last, last, last, 0), partial(summary, bob, room))
    await stage.agrees(1, partial(unread, alice, room))


async def test_who_joins_has_nothing_unread(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice)
    for number in range(3):
        await send(alice, room, str(number))
    await bob.asks("join", chat=room)
    await stage.agrees(0, partial(unread, bob, room))
    await send(alice, room, "new")
    await stage.agrees(1, partial(unread, bob, room))


async def test_cursors_only_rise_and_read_implies_received(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seqs = [await send(alice, room, str(number)) for number in range(4)]
    await bob.asks("received", chat=room, seq=seqs[2])
    await stage.agrees((seqs[2], 1), partial(cursors, bob, room))
    await bob.asks("read", chat=room, seq=seqs[1])
    await stage.agrees((seqs[2], seqs[1]), partial(cursors, bob, room))
    await bob.asks("read", chat=room, seq=seqs[3])
    for command in ("received", "read"):
        await bob.asks(command, chat=room, seq=0)
        await bob.asks(command, chat=room, seq=seqs[0])
    await stage.agrees((seqs[3], seqs[3], seqs[3], 0), partial(summary, bob, room))
    for command in ("received", "read"):
        await bob.is_refused("bad_request", command, chat=room, seq=seqs[3] + 1)


async def test_receipts_are_told_to_all_who_are_there(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    tablet = await bob.person.connects()
    room = await stage.room(alice, bob)
    seq = await send(alice, room, "1")
    await bob.asks("received", chat=room, seq=seq)
    for each in (alice, tablet, bob):
        await each.eventually_hears("receipt", chat=room, user=bob.user, received=seq, read=1)
    await bob.asks("read", chat=room, seq=seq)
    for each in (alice, tablet, bob):
        await each.eventually_hears("receipt", chat=room, user=bob.user, received=seq, read=seq)


async def test_receipts_are_merged(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    last = [await send(alice, room, str(number)) for number in range(30)][-1]
    begun = asyncio.get_running_loop().time()
    for seq in range(3, last + 1):
        await bob.asks("read", chat=room, seq=seq)
    told = [await alice.hears("receipt", user=bob.user)]
    while told[-1]["read"] < last:
        told.append(await alice.hears("receipt", user=bob.user))
    seconds = asyncio.get_running_loop().time() - begun
    assert len(told) <= 2 + seconds  # the first at once, then one a second
    await alice.hears_nothing(of="receipt")


async def test_receipts_between_friends_end_with_the_friendship(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    seq = (await alice.asks("send", msg_type="private", to=bob, content="1", msg_id="1"))["seq"]
    await bob.asks("read", chat=chat, seq=seq)
    await alice.eventually_hears("receipt", chat=chat, user=bob.user, read=seq)
    seq = (await alice.asks("send", msg_type="private", to=bob, content="2", msg_id="2"))["seq"]
    await bob.asks("block", user=alice)
    for each in (alice, bob):
        await each.catches_up()
    await bob.asks("read", chat=chat, seq=seq)
    await bob.eventually_hears("receipt", chat=chat, user=bob.user, read=seq)  # their own devices still are
    await alice.hears_nothing(of="receipt")


@pytest.mark.settings(**TIGHT)
async def test_crowds_are_not_told_of_receipts(stage: Stage) -> None:
    alice, bob, carol, dave = await stage.people("alice", "bob", "carol", "dave")
    small = await stage.room(alice, bob, carol)
    large = await stage.room(alice, bob, carol, dave)
    for room in (large, small):
        seq = await send(alice, room, f"in {room}")
        await bob.asks("read", chat=room, seq=seq)
    assert (await alice.eventually_hears("receipt", user=bob.user))["chat"] == small
    await alice.hears_nothing(of="receipt")
    listed = {each["user"]: each["read"] for each in (await alice.asks("members", chat=large))["members"]}
    assert listed[bob.user] == seq or listed[bob.user] > 0


async def test_cursors_survive_the_end_of_the_process(own_stage: Stage) -> None:
    stage = own_stage
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seqs = [await send(alice, room, str(number)) for number in range(3)]
    await bob.asks("read", chat=room, seq=seqs[1])
    assert await stage.stops_the_server() == 0
    stage.server.start()
    assert await summary(bob, room) == (seqs[2], seqs[1], seqs[1], 1)
    assert await summary(alice, room) == (seqs[2], seqs[2], seqs[2], 0)
