"""Who is there and who is typing (docs/protocol.md §2 Rules, "Crowds")."""

import pytest

from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import BULK, TIGHT


async def seen(asker: Connection, user: str) -> tuple[bool, bool]:
    """(online, whether it is known when they were last seen)."""
    [found] = (await asker.asks("presence", users=[user]))["presences"]
    assert found["user"] == user
    return found["online"], found["last_seen"] is not None


@pytest.mark.settings(**TIGHT)
async def test_friends_see_each_other_come_and_go(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    assert await seen(alice, bob.user) == (True, False)
    await bob.leaves()
    gone = await alice.eventually_hears("presence", user=bob.user, online=False)
    [asked] = (await alice.asks("presence", users=[bob.user]))["presences"]
    assert asked == {"user": bob.user, "online": False, "last_seen": gone["last_seen"]}
    assert abs(gone["last_seen"] - bob.welcome["server_time"]) < 60_000
    await bob.person.connects()
    await alice.hears("presence", user=bob.user, online=True, last_seen=None)


@pytest.mark.settings(**TIGHT)
async def test_presence_is_for_friends_and_fellow_members_of_small_chats(stage: Stage) -> None:
    alice, bob, carol, dave, eve = await stage.people("alice", "bob", "carol", "dave", "eve")
    await stage.friends(alice, bob)
    await stage.room(alice, carol)
    await stage.room(alice, dave, bob, carol)  # more than a small crowd
    assert await seen(bob, alice.user) == (True, False)
    assert await seen(carol, alice.user) == (True, False)
    for stranger in (dave, eve):
        assert await seen(stranger, alice.user) == (False, False)
        assert await seen(alice, stranger.user) == (False, False)
    assert await seen(alice, "nobody.at.all") == (False, False)
    assert await seen(alice, alice.user) == (True, False)
    for each in (bob, carol, dave, eve):
        await each.catches_up()
    await alice.leaves()
    for fellow in (bob, carol):
        await fellow.eventually_hears("presence", user=alice.user, online=False)
    for stranger in (dave, eve):
        await stranger.hears_nothing(of="presence")
        assert await seen(stranger, alice.user) == (False, False)
    assert await seen(bob, alice.user) == (False, True)


@pytest.mark.settings(**TIGHT)
async def test_who_blocked_or_was_blocked_is_not_seen(stage: Stage) -> None:
    alice, bob, witness = await stage.people("alice", "bob", "witness")
    await stage.friends(alice, bob)
    await stage.friends(witness, bob)
    await stage.friends(witness, alice)
    await alice.asks("block", user=bob)
    assert await seen(alice, bob.user) == (False, False)
    assert await seen(bob, alice.user) == (False, False)
    await leaves_unnoticed(bob, alice, witness)
    await leaves_unnoticed(alice, await bob.person.connects(), witness)


async def leaves_unnoticed(leaver: Connection, other: Connection, witness: Connection) -> None:
    for each in (witness, other):
        await each.catches_up()
    await leaver.leaves()
    await witness.eventually_hears("presence", user=leaver.user, online=False)
    await other.asks("ping")
    assert leaver.user not in [each["user"] for each in other.aside["presence"]]


async def test_a_short_absence_or_a_second_device_is_no_news(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    await stage.friends(alice, bob)
    tablet = await bob.person.connects()
    # It came with the friendship, or comes with the next tick; once in any case.
    if not any("'presence'" in told and bob.user in told for told in alice.seen):
        await alice.eventually_hears("presence", user=bob.user, online=True)
    await bob.leaves()
    await tablet.leaves()
    assert await seen(alice, bob.user) == (True, False)
    await bob.person.connects()
    await alice.asks("befriend", user=carol)
    await carol.asks("accept", user=alice)
    told = [await alice.hears("presence")]
    while told[-1]["user"] != carol.user:
        told.append(await alice.hears("presence"))
    assert stage.is_cluster or len(told) == 1  # each of two nodes may have said once that bob is there
    assert all(each["online"] for each in told)


@pytest.mark.settings(**BULK)
async def test_when_somebody_was_last_seen_survives_a_restart(own_stage: Stage) -> None:
    stage = own_stage
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    await bob.leaves()
    gone = await alice.eventually_hears("presence", user=bob.user, online=False)
    assert await stage.stops_the_server() == 0
    stage.server.start()
    again = await alice.person.connects()
    [asked] = (await again.asks("presence", users=[bob.user]))["presences"]
    assert asked == {"user": bob.user, "online": False, "last_seen": gone["last_seen"]}


async def test_typing_is_told_to_the_others(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    room = await stage.room(alice, bob, carol)
    tablet = await alice.person.connects()
    await alice.sends({"type": "typing", "chat": room, "on": True})
    for each in (bob, carol):
        await each.hears("typing", chat=room, user=alice.user, on=True)
    for each in (alice, tablet):
        await each.hears_nothing(of="typing")


async def test_typing_is_throttled_to_one_a_second(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    for on in (True, False, True, False, True, False):
        await alice.says("typing", chat=room, on=on)
    await bob.hears("typing", on=True)
    await bob.hears("typing", on=False)
    await bob.hears_nothing(of="typing")


async def test_typing_has_no_reply(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    for _ in range(5):
        await alice.says("typing", chat=room, on=True)
    ping = await alice.says("ping")
    while "id" not in (reply := await alice.next()):
        pass  # a push: somebody's presence may be told just now
    assert reply["id"] == ping


@pytest.mark.settings(**TIGHT)
async def test_typing_is_not_told_to_crowds_nor_by_outsiders(stage: Stage) -> None:
    alice, bob, carol, dave = await stage.people("alice", "bob", "carol", "dave")
    crowd = await stage.room(alice, bob, carol, dave)
    small = await stage.room(alice, bob)
    await alice.says("typing", chat=crowd, on=True)
    await carol.says("typing", chat=small, on=True)
    await carol.asks("ping")
    await alice.says("typing", chat=small, on=True)
    await bob.hears("typing", chat=small, user=alice.user)
    for each in (bob, carol, dave):
        await each.hears_nothing(of="typing")
