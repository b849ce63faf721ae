"""What is said, done and withdrawn on one of two nodes is heard, seen and missing on the other."""

import asyncio
from typing import Any

from redis import Redis as Client
from tests.operate.test_administration import operator
from tests.operate.test_user_erasure import life_of, words_of
from tests.services.readings import Readings

from hubbub.operate.cluster.redis import Redis
from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Connection, Stage
from tests.conftest import SECRET

SETTINGS = {"HUBBUB_LIMITS_CONNECTIONS_PER_USER": "4", "HUBBUB_PRESENCE_LINGER_SECONDS": "1"}
PATIENCE = 30.0
READ: dict[bytes, Any] = {
    b"string": lambda client, key: client.get(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1),
    b"hash": lambda client, key: client.hgetall(key),
    b"set": lambda client, key: client.smembers(key),
}


def keys_holding(redis: Redis, *words: str) -> set[str]:
    """The keys of everything in Redis that has one of these words in its name or in what it holds."""
    with Client(port=redis.port) as client:
        kept = {key: READ[client.type(key)](client, key) for key in client.scan_iter()}
    return {key.decode() for key, held in kept.items() for each in words if each in f"{key!r} {held!r}"}


async def gone_from(redis: Redis, *words: str) -> None:
    """What the journal commits is told to Redis a moment later."""
    async with asyncio.timeout(PATIENCE):
        while keys_holding(redis, *words):
            await asyncio.sleep(0.02)


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


async def name_of(whom: Connection, reader: Connection) -> str:
    """As the next node has it."""
    name: str = (await reader.http.get(f"/users/{whom.user}")).gives(200)["display_name"]
    return name


async def test_what_an_erased_user_said_is_in_no_redis_and_on_no_node(
    two: Stage, two_nodes: list[ServerProcess], own_redis: Redis
) -> None:
    mallory, bob = await two.people("mallory", "bob")
    chats = await life_of(mallory, bob, two)
    said, meant, whispered = words_of(mallory)
    name = f"{mallory.user} M."
    for chat, words in zip(chats, (meant, whispered), strict=True):
        for reader in (mallory, bob):
            assert words in str(await reader.asks("history", chat=chat))
    await bob.eventually_hears("profile", user=mallory, display_name=name)
    assert len(keys_holding(own_redis, meant, whispered)) == len(chats)
    assert f":here:{mallory.user}" in str(keys_holding(own_redis, mallory.user))

    admin = operator(two, secret=SECRET.encode())  # asks one node after the other
    whom = {"user": mallory.user}
    while not (await admin.post(f"/admin/users/{mallory.user}/erase", whom)).gives(200)["done"]:
        await asyncio.sleep(0.1)
    await mallory.is_closed(4501)
    await gone_from(own_redis, said, meant, whispered, name, f":here:{mallory.user}")
    async with asyncio.timeout(
        PATIENCE
    ):  # of who is nobody's friend any more, nobody is told that the name has changed
        while {await name_of(mallory, bob) for _ in two_nodes} != {"Deleted user"}:
            await asyncio.sleep(0.02)
    for _ in two_nodes:
        seen = [(await bob.http.get(f"/chats/{chat}/entries")).gives(200) for chat in chats]
        seen += [(await bob.http.get(path)).gives(200) for path in ("/chats", f"/users/{mallory.user}")]
        device = await bob.person.connects(cursors=dict.fromkeys(chats, 0))
        seen += [device.welcome, *[await device.asks("history", chat=chat) for chat in chats]]
        presence = await device.asks("presence", users=[mallory.user])
        assert not [words for words in (said, meant, whispered, name) if words in str(seen)]
        assert presence["presences"] == [{"user": mallory.user, "online": False, "last_seen": None}]
    assert all(":recent:" in key for key in keys_holding(own_redis, mallory.user)), "who wrote, not what"


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
