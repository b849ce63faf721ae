"""A WebSocket from its request head to its close, byte by byte where that matters."""

import pytest
from tests.unit.accept.node import HEAD, MASK, Client, Node

from hubbub.accept.websocket import WebSocketConnection, WebSocketFactory
from hubbub.codec.websocket_frames import BINARY, CLOSE, PING, PONG, TEXT, masked_frame
from hubbub.dispatch.session import CLOSED, OPEN
from hubbub.testing.transport import ManualTransport
from hubbub_conformance import codecs


@pytest.fixture
def node() -> Node:
    return Node("alice")


def opened(node: Node, head: bytes) -> ManualTransport:
    connection = WebSocketFactory(node.gate)(None, None, None)
    transport = ManualTransport(connection)
    connection.connection_made(transport)  # type: ignore[arg-type]
    connection.data_received(head + b"\r\n")  # type: ignore[attr-defined]
    return transport


async def test_the_handshake_is_answered_with_the_key_of_the_rfc(node: Node) -> None:
    client = node.connect()
    await node.settle()
    answer = bytes(client.transport.sent)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (HEAD.replace(b"/ws", b"/other"), 404),
        (HEAD + b"Origin: https://evil.test\r\n", 403),
        (HEAD + b"Sec-WebSocket-Protocol: soap\r\n", 400),
        (HEAD.replace(b"Version: 13", b"Version: 12"), 426),
    ],
)
async def test_a_handshake_that_is_not_ours_is_refused_over_http(
    node: Node, head: bytes, status: int
) -> None:
    transport = opened(node, head)
    assert bytes(transport.sent).startswith(b"HTTP/1.1 %d " % status)
    assert transport.closed
    assert node.gate.connections == set()


async def test_one_address_has_so_many_connections_and_gets_its_places_back(node: Node) -> None:
    clients = [node.connect() for _ in range(3)]
    assert bytes(opened(node, HEAD).sent).startswith(b"HTTP/1.1 429 ")
    clients[0].lose()
    node.connect()
    assert len(node.gate.connections) == 3


async def test_while_draining_nobody_is_let_in(node: Node) -> None:
    node.gate.admission.draining = True
    assert bytes(opened(node, HEAD).sent).startswith(b"HTTP/1.1 503 ")


async def test_a_connection_lost_before_its_handshake_leaves_nothing(node: Node) -> None:
    connection = WebSocketConnection(node.gate)
    connection.connection_made(ManualTransport(connection))  # type: ignore[arg-type]
    connection.connection_lost(None)
    assert node.gate.connections == set()


async def test_requests_are_read_byte_by_byte_and_many_at_once(node: Node) -> None:
    client = await node.enter("alice")
    client.frames()
    two = b"".join(masked_frame(TEXT, b'{"type":"ping","id":%d}' % number, MASK) for number in (8, 9))
    for at in range(len(two)):
        client.connection.data_received(two[at : at + 1])
    client.connection.data_received(two)
    await node.settle()
    assert [each["id"] for each in client.heard()] == [8, 9, 8, 9]


async def test_pings_are_answered_but_not_a_flood_of_them(node: Node) -> None:
    client = await node.enter("alice")
    client.frames()
    for _ in range(50):
        client.send(PING, b"x")
    await node.settle()
    assert client.frames() == [(PONG, b"x")] * 5
    node.ticks(10)
    client.send(PING, b"later")
    await node.settle()
    assert client.frames() == [(PONG, b"later")]


async def test_a_close_is_echoed_and_hung_up(node: Node) -> None:
    client = await node.enter("alice")
    client.frames()
    client.send(CLOSE, (4001).to_bytes(2, "big") + b"bye")
    await node.settle()
    assert client.closed_with() == 4001
    assert client.transport.closed
    assert not node.hub.local("alice") or not node.hub.local("alice").mailboxes  # type: ignore[union-attr]


async def test_a_close_without_a_code_is_a_normal_one(node: Node) -> None:
    client = await node.enter("alice")
    client.frames()
    client.send(CLOSE, b"")
    await node.settle()
    assert client.closed_with() in {1000, 1005}
    assert client.connection.state == CLOSED


async def test_after_our_close_nothing_of_the_peer_is_heard_but_its_close(node: Node) -> None:
    client = await node.enter("alice")
    node.gate.end_revoked(["s-alice"])
    await node.settle()
    client.frames()
    client.say("ping")
    client.send(PING, b"x")
    client.send(BINARY, b"x")
    await node.settle()
    assert client.frames() == []
    assert not client.transport.closed
    client.send(CLOSE, (4501).to_bytes(2, "big"))
    assert client.transport.closed


async def test_over_protobuf_frames_are_binary_and_a_text_frame_closes_with_1003(node: Node) -> None:
    client = node.connect(b"Sec-WebSocket-Protocol: hubbub.v1.protobuf\r\n")
    client.send(BINARY, codecs.PROTOBUF.encode({"type": "hello", "id": 1, "token": "alice"}))
    await node.settle()
    [(opcode, payload)] = client.frames()
    assert opcode == BINARY
    assert codecs.PROTOBUF.decode(payload)["user"] == "alice"
    client.send(TEXT, b'{"type":"ping","id":2}')
    await node.settle()
    assert client.closed_with() == 1003


async def test_a_binary_frame_on_a_text_protocol_closes_with_1003(node: Node) -> None:
    client = await node.enter("alice")
    client.frames()
    client.send(BINARY, b"x")
    await node.settle()
    assert client.closed_with() == 1003


@pytest.mark.parametrize(
    ("bytes_", "code"),
    [
        (b"\x81\x01x", 1002),  # not masked
        (masked_frame(TEXT, b"\xff", MASK), 1007),
        (b"\xc1\x80mask", 1002),  # a reserved bit
        (masked_frame(TEXT, b"x" * 200_000, MASK), 1009),
    ],
)
async def test_a_violation_is_closed_with_its_code_after_what_came_before_it(
    node: Node, bytes_: bytes, code: int
) -> None:
    client = await node.enter("alice")
    client.frames()
    client.connection.data_received(masked_frame(TEXT, b'{"type":"ping","id":1}', MASK) + bytes_)
    await node.settle()
    (first, payload), *_, last = client.frames()
    assert (first, b"pong" in payload) == (TEXT, True)
    assert (last[0], int.from_bytes(last[1][:2], "big")) == (CLOSE, code)
    assert client.transport.half_closed
    assert client.connection.state == CLOSED


async def test_a_peer_that_ends_its_side_ends_the_connection(node: Node) -> None:
    client: Client = await node.enter("alice")
    assert client.connection.state == OPEN
    assert client.connection.eof_received() is False
