"""What every connection has: a deadline for hello, a heartbeat, a slow-client clock, one end."""

import asyncio
from typing import Any

import pytest
from tests.unit.accept.node import BOUND, HIGH, TICK_MS, Client, Node

from hubbub.codec.websocket_frames import CLOSE, PONG
from hubbub.dispatch.session import CLOSED, OPEN
from hubbub.model import commands as c
from hubbub.model.entries import Entry


@pytest.fixture
def node() -> Node:
    return Node("alice", "bob")


# ── hello ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_does_not_say_hello_in_time_is_closed_with_4002(node: Node) -> None:
    client = node.connect()
    node.ticks(node.gate.hello_ticks - 1)
    await node.settle()
    assert client.frames() == []
    node.ticks(1)
    await node.settle()
    assert client.closed_with() == 4002


async def test_a_deadline_longer_than_the_wheel_is_kept(node: Node) -> None:
    node.gate.hello_ticks = 2_000
    client = node.connect()
    node.ticks(1_999)
    assert client.connection.state != CLOSED
    node.ticks(1)
    assert client.connection.state == CLOSED


async def test_a_connection_closed_while_its_hello_is_read_is_not_opened(node: Node) -> None:
    node.waiting = asyncio.Event()
    client = node.connect()
    client.say("hello", token="alice")
    node.ticks(node.gate.hello_ticks)
    await node.settle()
    assert client.closed_with() == 4002
    node.waiting.set()
    await node.settle()
    assert client.frames() == []
    assert node.hub.local("alice") is None
    assert not node.presence.online("alice")


# ── silence ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_silent_connection_is_pinged_and_then_closed_with_4003(node: Node) -> None:
    client = await node.enter("alice")
    client.frames()
    node.ticks(node.gate.silent_ticks)
    await node.settle()
    assert client.pings() == 1
    node.ticks(node.gate.silent_ticks)
    await node.settle()
    assert client.closed_with() == 4003


async def test_any_byte_is_a_sign_of_life(node: Node) -> None:
    client = await node.enter("alice")
    for _ in range(5):
        node.ticks(node.gate.silent_ticks)
        await node.settle()
        client.send(PONG, b"")
        node.ticks(node.gate.silent_ticks // 2)
    assert client.connection.state == OPEN


async def test_a_token_that_ends_takes_its_connection_with_it(node: Node) -> None:
    client = await node.enter(f"alice@{node.clock() + 50 * TICK_MS}")
    client.frames()
    for _ in range(50):
        assert client.connection.state == OPEN
        node.clock.advance(TICK_MS)
        node.ticks(1)
    await node.settle()
    assert client.closed_with() == 4500


# ── age ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_old_connections_are_told_to_come_back_each_at_its_own_moment(node: Node) -> None:
    node.gate.age_ticks, node.gate.silent_ticks = 400, 1_000
    clients = [node.connect_tcp(peer=f"192.0.2.{number}") for number in range(10)]
    for client in clients:
        client.say("hello", token="alice")
    await node.settle()
    moments = set[int]()
    for tick in range(1, 401):
        open_before = [client for client in clients if client.connection.state == OPEN]
        node.ticks(1)
        moments |= {tick for client in open_before if client.connection.state == CLOSED}
    await node.settle()
    assert {client.connection.state for client in clients} == {CLOSED}
    assert min(moments) >= 200
    assert len(moments) > 1
    byes = [client.heard()[-1] for client in clients]
    assert {(bye["type"], bye["code"]) for bye in byes} == {("bye", 1012)}
    assert all(0 <= bye["reconnect_in_ms"] <= 1_000 for bye in byes)


async def test_without_the_setting_no_connection_is_too_old(node: Node) -> None:
    client = await node.enter("alice")
    for _ in range(5_000):
        node.ticks(1)
        client.send(PONG, b"")
    assert client.connection.state == OPEN


# ── slowness ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def flood(node: Node, room: str) -> None:
    for number in range(40):
        await node.place.ask(
            "bob",
            c.Send,
            msg_type="group",
            to=room,
            content="x" * 1_000,
            msg_id=f"{node.clock.advance(1)}{number}",
        )
        await node.settle()


async def slow(node: Node) -> tuple[Client, str]:
    """alice, stalled in a room where bob talks."""
    room = await node.place.room("alice", "bob")
    client = await node.enter("alice")
    client.frames()
    client.transport.set_write_buffer_limits(HIGH, 0)
    client.transport.stop_reading()
    await flood(node, room)
    assert client.connection.stalled
    return client, room


async def test_a_slow_client_is_not_read_and_bounded(node: Node) -> None:
    client, room = await slow(node)
    await flood(node, room)
    assert client.connection.backlog() <= BOUND
    assert not client.transport.reading


async def test_who_does_not_drain_in_time_is_closed_with_4001(node: Node) -> None:
    client, _ = await slow(node)
    node.ticks(node.gate.stall_ticks - 1)
    assert client.connection.state == OPEN
    node.ticks(1)
    assert client.connection.state == CLOSED
    client.transport.go_on_reading()
    await node.settle()
    assert client.closed_with() == 4001


async def test_who_drains_in_time_is_told_of_the_hole_and_stays(node: Node) -> None:
    client, room = await slow(node)
    client.transport.go_on_reading()
    await node.settle()
    node.ticks(node.gate.stall_ticks)
    heard = client.heard()
    assert [each["next"] for each in heard if each["type"] == "resync"] == [43]
    assert (client.connection.state, client.transport.reading) == (OPEN, True)
    await node.place.ask("bob", c.Send, msg_type="group", to=room, content="x", msg_id="after")
    await node.settle()
    assert [each["seq"] for each in client.heard()] == [43]


async def test_a_stalled_peer_is_not_taken_for_silent(node: Node) -> None:
    node.gate.stall_ticks = 3 * node.gate.silent_ticks
    client, _ = await slow(node)
    node.ticks(2 * node.gate.silent_ticks + 1)
    assert client.connection.state == OPEN


async def test_draining_does_not_read_on_while_too_much_waits(node: Node) -> None:
    client, _ = await slow(node)
    client.connection.hold()
    client.transport.go_on_reading()
    assert not client.transport.reading
    client.connection.go_on()
    assert client.transport.reading


# ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_peer_that_does_not_answer_our_close_is_cut_off(node: Node) -> None:
    client = await node.enter("alice")
    node.gate.end_revoked(["s-alice"])
    await node.settle()
    assert client.types()[-1] == "bye"
    assert not client.transport.closed
    node.ticks(node.wheel.ticks(5))
    assert client.transport.aborted


async def test_only_the_connections_of_ended_sessions_are_closed(node: Node) -> None:
    alice, bob = await node.enter("alice"), await node.enter("bob")
    node.gate.end_revoked(["s-alice"])
    node.gate.end_expired(["s-bob", "s-carol"])
    await node.settle()
    assert (alice.closed_with(), bob.closed_with()) == (4501, 4500)


async def test_after_its_end_a_connection_is_nowhere_any_more(node: Node) -> None:
    await node.place.room("alice")
    client = await node.enter("alice")
    client.lose()
    assert node.gate.connections == set()
    assert [channel.listeners for channel in node.hub.channels] == [{}]
    assert client.connection.due == -1
    node.ticks(2_000)


async def test_nothing_joins_a_chat_after_its_connection_was_closed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our close is sent and the socket still open: a replay in progress must not attach what nobody will detach."""
    room = await node.place.room("alice", "bob")
    for number in range(5):
        await node.place.ask("bob", c.Send, msg_type="group", to=room, content="x", msg_id=f"m{number}")
    read, go_on = node.place.log.after, asyncio.Event()

    async def slowly(*asked: Any) -> list[Entry]:  # noqa: ANN401 - passed on
        await go_on.wait()
        return await read(*asked)

    monkeypatch.setattr(node.place.log, "after", slowly)
    client = await node.enter("alice", cursors={room: 1})
    assert client.connection.state == OPEN
    node.gate.end_revoked(["s-alice"])
    go_on.set()
    await node.settle()
    assert [channel.listeners for channel in node.hub.channels] == [{}]
    *_, last = client.frames()
    assert last[0] == CLOSE


async def test_a_join_in_the_queue_of_a_chat_does_not_outlive_its_connection(node: Node) -> None:
    room = await node.place.room("alice", "bob")
    client = await node.enter("alice")
    bob = await node.enter("bob")
    assert bob.connection.state == OPEN
    await node.place.ask("alice", c.Leave, chat=room)
    await node.place.ask("alice", c.Join, chat=room)
    node.gate.end_revoked(["s-alice"])
    await node.settle()
    channel = node.hub.channel(room)
    assert channel is not None
    assert [client.connection in those for those in channel.listeners.values()] == [False]
