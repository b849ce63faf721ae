"""What is said, done and withdrawn on one of two nodes is heard, seen and missing on the other."""

from tests.services.readings import Readings

from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Stage

SETTINGS = {"HUBBUB_LIMITS_CONNECTIONS_PER_USER": "4"}


def message(room: str, msg_id: str) -> dict[str, object]:
    return {"msg_type": "group", "to": room, "content": "x", "msg_id": msg_id}


async def test_a_changed_profile_is_told_there_and_what_was_kept_of_the_old_one_is_forgotten(
    two: Stage,
) -> None:
    alice, bob = await two.people("alice", "bob")
    phone = await alice.person.connects()
    tablet = await alice.person.connects()
    room = await two.room(alice, bob)
    for each in (phone, tablet):
        await each.is_in(room)
    for name in ("Alice A.", "Alice B."):
        (await alice.http.patch("/me", {"display_name": name})).gives(200)
        for each in (alice, bob, phone, tablet):
            await each.eventually_hears("profile", user=alice.user, display_name=name)
        listed = (await bob.asks("members", chat=room))["members"]
        assert {each["user"]: each["display_name"] for each in listed}[alice.user] == name


async def test_a_chat_joined_there_can_be_asked_for_here_at_once(two: Stage) -> None:
    """What memory refused was checked against a fresh reading for every command but `GET /chats/<chat>`."""
    alice, bob = await two.people("alice", "bob")
    for _ in range(10):
        room = (await alice.asks("create_room", name="A room", public=True))["chat"]
        await bob.asks("join", chat=room)
        for _ in range(2):  # one on each node
            (await bob.http.get(f"/chats/{room}")).gives(200)


async def test_typing_is_told_there(two: Stage) -> None:
    alice, bob = await two.people("alice", "bob")
    room = await two.room(alice, bob)
    await alice.says("typing", chat=room, on=True)
    await bob.hears("typing", chat=room, user=alice.user, on=True)
    await alice.says("typing", chat=room, on=False)
    await bob.hears("typing", chat=room, user=alice.user, on=False)


async def test_receipts_are_told_there(two: Stage) -> None:
    alice, bob = await two.people("alice", "bob")
    room = await two.room(alice, bob)
    seq = (await alice.asks("send", **message(room, "1")))["seq"]
    await bob.hears("message", chat=room, seq=seq)
    await bob.asks("read", chat=room, seq=seq)
    await alice.eventually_hears("receipt", chat=room, user=bob.user, read=seq)


async def test_whoever_is_kicked_there_hears_it_and_has_no_right_here(two: Stage) -> None:
    alice, bob = await two.people("alice", "bob")
    room = await two.room(alice, bob)
    done = await alice.asks("kick", chat=room, user=bob)
    await bob.is_refused("not_a_member", "send", **message(room, "1"))
    await bob.hears("member", seq=done["seq"], user=bob.user, change="kicked")
    await alice.asks("send", **message(room, "2"))
    await bob.hears_nothing()


async def test_who_joins_there_and_comes_back_here_at_once_has_no_hole(two: Stage) -> None:
    """The node, told of the joining, began the chat's flow amid the replay of who had just come with a cursor."""
    alice, bob = await two.people("alice", "bob")
    tablet = await bob.person.connects()
    room = await two.room(alice, bob, tablet)
    await bob.drops()
    held = 2
    for turn in range(10):  # thirty messages: fewer than one user may send in a burst
        await alice.asks("kick", chat=room, user=bob)
        for number in range(2):
            await alice.asks("send", **message(room, f"{turn} {number}"))
        held, cursor = (await tablet.asks("join", chat=room))["seq"], held
        again = await bob.person.connects(cursors={room: cursor})
        await again.eventually_hears("member", seq=held, change="joined")
        held = (await alice.asks("send", **message(room, f"{turn}")))["seq"]
        await again.eventually_hears("message", seq=held)
        await again.hears_nothing()
        await again.drops()
        two.next_node()


async def test_whoever_is_blocked_there_cannot_write_here(two: Stage) -> None:
    alice, bob = await two.people("alice", "bob")
    await two.friends(alice, bob)
    await alice.asks("block", user=bob)
    await bob.is_refused("not_friends", "send", msg_type="private", to=alice, content="x", msg_id="1")
    await alice.hears_nothing(of="message")


async def test_one_users_connections_are_counted_together(two: Stage) -> None:
    alice = await two.signs_up("alice")
    for _ in range(4):  # two on each node
        await alice.connects()

    async def first_word() -> object:
        """To one more connection, which is on the other node than the one asked before."""
        fifth = await alice.opens()
        await fifth.says("hello", token=alice.token)
        word = await fifth.next()
        await fifth.drops()
        return word["type"], word.get("code")

    await two.agrees(("bye", 4503), first_word)


async def test_how_late_the_bus_and_what_came_over_it_are_is_measured(
    two: Stage, two_nodes: list[ServerProcess]
) -> None:
    alice, bob = await two.people("alice", "bob")
    room = await two.room(alice, bob)
    there = two_nodes[1]
    before = Readings.of(there.internal).value("hubbub_delivery_latency_seconds_count", origin="remote")
    seq = (await alice.asks("send", **message(room, "1")))["seq"]
    await bob.hears("message", chat=room, seq=seq)
    seen = Readings.of(there.internal).value
    assert seen("hubbub_delivery_latency_seconds_count", origin="remote") > before
    assert seen("hubbub_bus_lag_seconds") >= 0
    assert (seen("hubbub_bus_up"), seen("hubbub_circuit_state", circuit="redis")) == (1, 0)
    assert seen("hubbub_cache_hits_total", cache="recent") >= 0
