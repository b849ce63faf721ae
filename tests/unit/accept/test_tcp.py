"""Framed TCP from the first byte to the last, and what it shares with WebSocket."""

import struct

import pytest
from tests.unit.accept.node import Node, TcpClient

from hubbub.codec.data_frame import MAX_NOISE, frame
from hubbub.codec.websocket_frames import TEXT
from hubbub.dispatch.session import CLOSED, OPEN
from hubbub.model import commands as c
from hubbub_conformance import codecs
from hubbub_conformance.codecs import Codec

BOTH = pytest.mark.parametrize("codec", [codecs.JSON, codecs.PROTOBUF], ids=lambda each: each.name)


@pytest.fixture
def node() -> Node:
    return Node("alice", "bob")


def ended(client: TcpClient, codec: Codec | None = None) -> list[dict[str, object]]:
    """What was said at the end; nothing more is written, and the socket waits for its peer."""
    assert client.connection.state == CLOSED
    assert client.transport.half_closed
    assert not client.transport.closed
    return client.heard(codec)


# ── talking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@BOTH
async def test_who_says_hello_is_welcomed_and_heard(node: Node, codec: Codec) -> None:
    client = await node.enter_tcp("alice", codec)
    assert client.heard()[0]["user"] == "alice"
    number = client.say("create_room", name="Framed")
    await node.settle()
    assert [(each["type"], each.get("id")) for each in client.heard()] == [
        ("room", number), ("chat", None), ("member", None),
    ]  # fmt: skip


@BOTH
async def test_all_wires_of_one_room_hear_the_same(node: Node, codec: Codec) -> None:
    room = await node.place.room("alice", "bob")
    framed, web = await node.enter_tcp("alice", codec), await node.enter("bob")
    framed.heard(), web.heard()
    await node.place.ask("bob", c.Send, msg_type="group", to=room, content="hi", msg_id="1")
    await node.settle()
    assert framed.heard() == web.heard() != []


async def test_an_unwelcome_envelope_is_answered_and_the_connection_stays(node: Node) -> None:
    client = await node.enter_tcp("alice")
    client.heard()
    client.send_bytes(frame(0, b"nonsense"))
    client.send_bytes(frame(0, b""))
    client.say("ping")
    await node.settle()
    assert [each.get("code", each["type"]) for each in client.heard()] == [
        "bad_request",
        "bad_request",
        "pong",
    ]


# ── what is no frame ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_noise_is_skipped_and_counted(node: Node) -> None:
    client = node.connect_tcp()
    client.send_bytes(b"GET / HTTP/1.1\r\n\r\n" + frame(0, b'{"type":"ping","id":1}'))
    await node.settle()
    assert client.heard()[0]["code"] == "unauthenticated"
    assert node.gate.noise == 18


@pytest.mark.parametrize(
    "stream",
    [
        b"x" * (MAX_NOISE + 1),
        struct.pack(">4sHI", b"HUB1", 0x0201, 1),
        struct.pack(">4sHI", b"HUB1", 0x0002, 1),
        struct.pack(">4sHI", b"HUB1", 0x0001, 128 * 1024 + 1),
    ],
    ids=["noise", "codec", "version", "length"],
)
async def test_what_is_no_frame_gets_an_error_a_bye_and_the_end(node: Node, stream: bytes) -> None:
    client = node.connect_tcp()
    client.send_bytes(stream)
    await node.settle()
    error, bye = ended(client)
    assert (error["code"], bye["type"], bye["code"]) == ("protocol_error", "bye", 4502)
    assert "id" not in error
    assert node.gate.closed[4502] == 1
    client.send_bytes(frame(0, b'{"type":"ping","id":1}') * 3)
    await node.settle()
    assert client.heard() == []


async def test_the_error_comes_in_the_codec_of_the_first_frame(node: Node) -> None:
    client = await node.enter_tcp("alice", codecs.PROTOBUF)
    client.heard()
    client.send_bytes(frame(0, b'{"type":"ping","id":1}'))
    await node.settle()
    error, bye = ended(client)
    assert (error["code"], bye["code"]) == ("protocol_error", 4502)
    assert node.hub.local("alice").mailboxes == ()  # type: ignore[union-attr]


async def test_what_was_asked_before_the_violation_is_answered_first(node: Node) -> None:
    client = await node.enter_tcp("alice")
    client.heard()
    client.send_bytes(frame(0, b'{"type":"ping","id":9}') + frame(3, b""))
    await node.settle()
    assert [each["type"] for each in ended(client)] == ["pong", "error", "bye"]


# ── the door ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_address_has_so_many_connections_on_all_transports_together(node: Node) -> None:
    node.connect()
    framed = [node.connect_tcp() for _ in range(2)]
    refused = node.connect_tcp()
    await node.settle()
    [bye] = ended(refused)
    assert (bye["type"], bye["code"]) == ("bye", 4503)
    assert node.gate.admission.refused["address"] == 1
    other = node.connect_tcp(peer="192.0.2.2")
    assert other.connection.state != CLOSED
    refused.lose()
    framed[0].lose()
    assert node.connect_tcp().connection.state != CLOSED


async def test_while_draining_nobody_is_let_in(node: Node) -> None:
    node.gate.admission.draining = True
    client = node.connect_tcp()
    await node.settle()
    [bye] = ended(client)
    assert (bye["code"], bye["reconnect_in_ms"] > 0) == (1012, True)  # type: ignore[operator]


async def test_who_does_not_say_hello_in_time_is_closed_with_4002(node: Node) -> None:
    client = node.connect_tcp()
    node.ticks(node.gate.hello_ticks)
    await node.settle()
    assert [each["code"] for each in ended(client)] == [4002]


# ── signs of life ───────────────────────────────────────────────────────────────────────────────────────────────────


@BOTH
async def test_a_silent_peer_is_asked_with_an_envelope_and_pong_is_a_sign_of_life(
    node: Node, codec: Codec
) -> None:
    client = await node.enter_tcp("alice", codec)
    client.heard()
    for _ in range(3):
        node.ticks(node.gate.silent_ticks)
        await node.settle()
        assert client.heard() == [{"type": "ping"}]
        client.send({"type": "pong"})
    await node.settle()
    assert (client.heard(), client.connection.state) == ([], OPEN)


async def test_who_stays_silent_is_closed_with_4003(node: Node) -> None:
    client = await node.enter_tcp("alice")
    client.heard()
    node.ticks(2 * node.gate.silent_ticks)
    await node.settle()
    ping, bye = ended(client)
    assert (ping["type"], bye["code"]) == ("ping", 4003)


async def test_a_pong_with_an_id_is_no_sign_but_a_bad_request(node: Node) -> None:
    client = await node.enter_tcp("alice")
    client.heard()
    client.send({"type": "pong", "id": 1})
    await node.settle()
    assert client.heard()[0]["code"] == "bad_request"


async def test_over_websocket_there_is_no_pong(node: Node) -> None:
    client = await node.enter("alice")
    client.heard()
    client.send(TEXT, b'{"type":"pong"}')
    await node.settle()
    assert client.heard()[0]["code"] == "bad_request"


# ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_closed_peer_that_does_not_go_is_cut_off(node: Node) -> None:
    client = node.connect_tcp()
    client.send_bytes(frame(5, b""))
    await node.settle()
    ended(client)
    node.ticks(60)
    assert client.transport.aborted


async def test_with_tls_the_end_is_a_close(node: Node) -> None:
    client = await node.enter_tcp("alice")
    client.transport.can_write_eof = lambda: False  # type: ignore[method-assign]
    client.heard()
    client.send_bytes(frame(5, b""))
    assert [each["type"] for each in client.heard()] == ["error", "bye"]
    assert client.transport.closed


async def test_a_peer_that_ends_its_side_gets_what_was_answered(node: Node) -> None:
    client = await node.enter_tcp("alice")
    client.heard()
    client.say("ping")
    assert client.connection.eof_received() is False
    assert client.types() == ["pong"]


async def test_a_slow_peer_is_told_of_its_hole_once_it_has_drained(node: Node) -> None:
    room = await node.place.room("bob", "alice")
    slow = await node.enter_tcp("alice")
    slow.heard()
    slow.transport.stop_reading()
    for number in range(60):
        await node.place.ask(
            "bob", c.Send, msg_type="group", to=room, content="x" * 1_000, msg_id=str(number)
        )
        await node.settle()
    assert slow.connection.stalled
    slow.transport.go_on_reading()
    await node.settle()
    *told, hole = slow.heard()
    assert (hole["type"], hole["after"], hole["next"]) == ("resync", told[-1]["seq"], 63)
