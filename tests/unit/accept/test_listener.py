"""A port that ends lets in whoever the kernel has let in already: nobody's connection is reset."""

import asyncio
import json
import socket
from typing import Any

import pytest
from tests.unit.accept.node import HEAD, Node

from hubbub.accept.listener import Port, TcpPort, bind

COUNT = 20


async def app(_scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def knock(port: int, words: bytes) -> list[socket.socket]:
    """Connections that wait in the kernel's queue, with what they have to say: the loop has no turn meanwhile."""
    made = [socket.create_connection(("127.0.0.1", port)) for _ in range(COUNT)]
    for each in made:
        each.sendall(words)
        each.setblocking(False)
    return made


async def answers(knocking: list[socket.socket]) -> list[bytes]:
    """What each is told first. Raises ConnectionResetError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(60):
        return await asyncio.gather(*(loop.sock_recv(each, 65_536) for each in knocking))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 204"),
        (HEAD + b"\r\n", b"HTTP/1.1 503"),
    ],
)
async def test_who_waited_at_the_public_port_is_answered(words: bytes, answer: bytes) -> None:
    node = Node("alice")
    port = Port(app, "127.0.0.1", 0, gate=node.gate)
    number = await port.open()
    knocking = knock(number, words)
    node.gate.admission.draining = True
    await port.stop_accepting()
    assert {each[: len(answer)] for each in await answers(knocking)} == {answer}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", number))
    for each in knocking:
        each.close()
    await port.close()


async def test_who_waited_at_the_port_of_framed_tcp_is_told_to_come_back() -> None:
    node = Node("alice")
    port = TcpPort(node.gate, "127.0.0.1", 0, context=None, handshake=1)
    knocking = knock(await port.open(), b"")
    node.gate.admission.draining = True
    await port.stop_accepting()
    for heard in await answers(knocking):
        said = json.loads(heard[10:])
        assert (said["type"], said["code"]) == ("bye", 1012)
    for each in knocking:
        each.close()


async def test_who_waits_at_a_socket_that_others_have_too_is_left_to_them() -> None:
    node = Node("alice")
    shared = bind("127.0.0.1", 0)
    shared.listen()
    port = TcpPort(node.gate, "127.0.0.1", 0, context=None, handshake=1)
    knocking = knock(await port.open(shared.dup()), b"")
    await port.stop_accepting()
    assert not node.gate.opened
    shared.setblocking(False)
    for each in [*knocking, *(shared.accept()[0] for _ in range(COUNT)), shared]:
        each.close()
