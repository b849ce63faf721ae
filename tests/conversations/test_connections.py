"""The life of a connection: heartbeat, slow clients, the end of the server (docs/protocol.md §3.5, §4)."""

import asyncio
import re
import signal

import httpx
import pytest
from websockets.frames import Opcode

from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import BULK, HASTY, IMPATIENT, UNLIKE

BIG = "😀" * 8_000  # 32 KB
MANY = 330  # of them: 10 MB, more than the kernel's buffers and the server's bound take together


@pytest.mark.settings(**HASTY)
async def test_a_silent_connection_is_pinged_and_lives_if_it_answers(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    assert alice.welcome["heartbeat_ms"] == 400
    for _ in range(3):
        assert (await alice.socket.receive()).opcode is Opcode.PING
    await alice.asks("ping")


@UNLIKE
@pytest.mark.settings(**HASTY)
async def test_a_connection_that_stays_silent_is_closed(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    alice.socket.silent = True
    bye = await alice.is_closed(4003)
    assert bye is not None


@pytest.mark.settings(**HASTY)
async def test_any_byte_is_a_sign_of_life(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    alice.socket.silent = True
    for byte in b"\x89\x84\x00\x00\x00\x00":  # the head of a ping: no frame until its payload came
        assert (await alice.socket.receive()).opcode is Opcode.PING
        await alice.socket.send_bytes(bytes([byte]))
    await alice.socket.send_bytes(b"life")
    while (frame := await alice.socket.receive()).opcode is not Opcode.PONG:
        assert frame.opcode is Opcode.PING
    assert bytes(frame.data) == b"life"


async def talk(speaker: Connection, room: str, count: int, prefix: str) -> int:
    """Say a lot; gives the last seq."""
    last = 0
    for number in range(count):
        fields = {"msg_type": "group", "to": room, "content": BIG, "msg_id": f"{prefix}{number}"}
        last = (await speaker.asks("send", **fields))["seq"]
        speaker.inbox.clear()
    return last


async def slow_listener(stage: Stage, like: Connection) -> Connection:
    """A connection whose kernel takes little, and that reads only when the play says so."""
    slow = await like.person.opens(receive_buffer=65_536)
    await slow.greets()
    return slow


@UNLIKE
@pytest.mark.settings(**BULK)
async def test_a_slow_client_is_told_of_its_hole_once_it_has_drained(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    slow = await slow_listener(stage, bob)
    head = await talk(alice, room, MANY, "a")
    ping = await slow.says("ping")
    told = 2
    while (push := await slow.next())[
        "type"
    ] != "resync" or "chat" not in push:  # without: it missed a presence, too
        if push["type"] == "message":
            told = push["seq"]
    assert (push["chat"], push["after"], push["next"]) == (room, told, head + 1)
    assert told < head
    assert (await slow.answer(ping))["type"] == "pong"
    await slow.hears_nothing(of="resync")
    await talk(alice, room, 1, "live")
    await slow.hears("message", seq=head + 1)
    page = await slow.asks("history", chat=room, after=told, limit=1)
    assert page["entries"][0]["seq"] == told + 1


@pytest.mark.settings(**BULK)
async def test_a_slow_client_that_missed_more_than_entries_asks_for_its_lists_again(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    rooms = [await stage.room(alice, bob) for _ in range(2)]
    slow = await slow_listener(stage, bob)
    heads = {rooms[0]: await talk(alice, rooms[0], MANY, "c"), rooms[1]: await talk(alice, rooms[1], 3, "d")}
    await carol.asks("befriend", user=bob)
    await bob.catches_up()
    told = dict.fromkeys(rooms, 2)
    holes: dict[str | None, tuple[int | None, int | None]] = {}
    while len(holes) < 3:
        push = await slow.next()
        if push["type"] == "message":
            told[push["chat"]] = push["seq"]
        elif push["type"] == "resync":
            assert push.get("chat") not in holes
            holes[push.get("chat")] = (push.get("after"), push.get("next"))
    assert holes == {None: (None, None)} | {room: (told[room], heads[room] + 1) for room in rooms}
    assert (await slow.asks("friends"))["incoming"] == [carol.user]


@UNLIKE
@pytest.mark.settings(**IMPATIENT)
async def test_a_client_that_does_not_drain_is_closed_and_costs_nobody_else(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await bob.leaves()
    await alice.eventually_hears("presence", user=bob.user, online=False)
    slow = await slow_listener(stage, bob)
    await alice.eventually_hears("presence", user=bob.user, online=True)
    await talk(alice, room, MANY, "b")
    await alice.hears("presence", user=bob.user, online=False)
    bye = await slow.is_closed(4001)
    assert bye is not None
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"{stage.server.internal}/metrics")).text
    assert re.search(r"^hubbub_slow_clients_total [1-9]", metrics, re.MULTILINE)


async def ends_with(connection: Connection, code: int) -> int:
    """The connection is closed with this code; gives when it may come back (ms)."""
    bye = await connection.is_closed(code)
    assert bye is not None
    moment: int = bye["reconnect_in_ms"]
    return moment


@UNLIKE
async def test_sigterm_says_goodbye_to_everybody_and_exits_with_0(own_stage: Stage) -> None:
    stage = own_stage
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    not_greeted = await alice.person.opens()
    room = await stage.room(alice, bob)
    ids = [
        await alice.says("send", msg_type="group", to=room, content="x", msg_id=str(number))
        for number in range(30)
    ]
    stage.server.signal(signal.SIGTERM)
    moments = [await ends_with(each, 1012) for each in (alice, bob, carol, not_greeted)]
    assert all(0 <= each <= 10_000 for each in moments)
    assert len(set(moments)) > 1
    assert stage.server.wait() == 0
    acknowledged = [alice._replies[each] for each in ids if each in alice._replies]
    assert not [each for each in acknowledged if each["type"] not in {"sent", "error"}]
    stage.server.start()
    again = await alice.person.connects()
    kept = {each["msg_id"]: each["seq"] for each in (await again.asks("history", chat=room))["entries"][2:]}
    for sent in (each for each in acknowledged if each["type"] == "sent"):
        assert kept[sent["msg_id"]] == sent["seq"]


@UNLIKE
@pytest.mark.settings(HUBBUB_LIMITS_CONNECTION_AGE_SECONDS=1)
async def test_an_old_connection_is_told_to_come_back_and_resumes(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    room = (await alice.http.post("/rooms", {"name": "A room"})).gives(201)["chat"]
    old = await alice.connects()
    bye = await old.is_closed(1012)
    assert bye is not None
    assert 0 <= bye["reconnect_in_ms"] <= 1_000
    (await alice.http.post(f"/chats/{room}/entries", {"content": "x", "msg_id": "1"})).gives(201)
    again = await alice.connects(epoch=old.welcome["epoch"], cursors={room: 1})
    await again.hears("message", chat=room, seq=2)


async def test_a_second_sigterm_ends_it_at_once(own_stage: Stage) -> None:
    [alice] = await own_stage.people("alice")
    alice.socket.silent = True  # the server waits for the answer to its close
    own_stage.server.signal(signal.SIGTERM)
    await alice.is_closed(1012)
    own_stage.server.signal(signal.SIGTERM)
    assert own_stage.server.wait() == 1


async def test_after_a_crash_there_is_no_goodbye_and_nothing_is_lost(own_stage: Stage) -> None:
    stage = own_stage
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    sent = await alice.asks("send", msg_type="group", to=room, content="kept", msg_id="1")
    stage.server.crash()
    assert await alice.is_closed(1006) is None
    stage.server.start()
    again = await alice.person.connects(cursors={room: 1})
    await again.hears("message", seq=sent["seq"], content="kept")


@pytest.mark.inside
async def test_the_public_port_knows_no_internal_routes(stage: Stage) -> None:
    async with httpx.AsyncClient() as client:
        for path in ("/livez", "/readyz", "/metrics"):
            public, internal = await asyncio.gather(
                client.get(stage.server.root + path), client.get(stage.server.internal + path)
            )
            assert (public.status_code, internal.status_code) == (404, 200)
