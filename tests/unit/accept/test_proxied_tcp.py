"""PROXY headers before framed TCP, through real sockets, on both event loops, with TLS and without."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
import uvloop
from tests.unit.accept.node import Node

from hubbub.accept.admission import Admission
from hubbub.accept.certificate import Certificate
from hubbub.accept.listener import TcpPort
from hubbub.codec.data_frame import frame
from hubbub.codec.proxy_header import SIGNATURE
from hubbub.operate.cluster.certificate import make_certificate

PING = frame(0, b'{"type":"ping","id":7}')
CLIENT = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1") + struct.pack(">HH", 1, 2)
V2 = SIGNATURE + b"\x21\x11" + struct.pack(">H", len(CLIENT)) + CLIENT
V1 = b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n"
WITHIN = 60

Play = Callable[[Node, int], Coroutine[None, None, None]]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def on_port(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Runs a play against a port that expects headers from these proxies."""

    async def run(play: Play, proxies: list[str], context: ssl.SSLContext | None) -> None:
        node = Node("alice")
        node.gate.admission = Admission(frozenset(), 1, proxies)
        port = TcpPort(node.gate, "127.0.0.1", 0, context=context, handshake=WITHIN, spawn=node.tasks.spawn)
        try:
            async with asyncio.timeout(WITHIN):
                await play(node, await port.open())
        finally:
            await port.stop_accepting()
            for connection in list(node.gate.connections):
                connection.transport.abort()
            await node.tasks.stop()

    def start(
        play: Play, proxies: tuple[str, ...] = ("127.0.0.1",), *, context: ssl.SSLContext | None = None
    ) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(run(play, list(proxies), context))

    return start


async def said(reader: asyncio.StreamReader) -> dict[str, object]:
    head = await reader.readexactly(10)
    envelope: dict[str, object] = json.loads(await reader.readexactly(int.from_bytes(head[-4:])))
    return envelope


def test_whom_a_trusted_proxy_brings_is_who_is_counted(on_port: Callable[..., None]) -> None:
    async def play(node: Node, port: int) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for (reader, writer), header, first in zip(opened, (V1, V2), ("unauthenticated", 4503), strict=True):
            writer.write(header + PING)
            assert (await said(reader))["code"] == first
        assert {connection.address for connection in node.gate.connections} == {"192.0.2.7"}

    on_port(play)


def test_a_header_may_come_in_pieces(on_port: Callable[..., None]) -> None:
    async def play(node: Node, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in range(len(V2)):
            writer.write(V2[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(PING)
        assert (await said(reader))["id"] == 7

    on_port(play)


def test_the_proxy_may_speak_for_itself(on_port: Callable[..., None]) -> None:
    async def play(node: Node, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"PROXY UNKNOWN\r\n" + PING)
        assert (await said(reader))["id"] == 7
        assert [connection.address for connection in node.gate.connections] == ["127.0.0.1"]

    on_port(play)


def test_what_anybody_else_says_of_their_address_is_noise(on_port: Callable[..., None]) -> None:
    async def play(node: Node, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(V1 + PING)
        assert (await said(reader))["id"] == 7
        assert [connection.address for connection in node.gate.connections] == ["127.0.0.1"]
        assert node.gate.noise == len(V1)

    on_port(play, ("192.0.2.1",))


@pytest.mark.parametrize("stream", [PING, b"PROXY TCP4 nobody nowhere 1 2\r\n"])
def test_a_trusted_proxy_without_a_header_is_cut_off(on_port: Callable[..., None], stream: bytes) -> None:
    async def play(node: Node, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(stream)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await said(reader)
        assert (node.gate.admission.refused["malformed"], node.gate.opened.total()) == (1, 0)

    on_port(play)


def test_who_never_says_whom_it_brings_is_cut_off_in_time(on_port: Callable[..., None]) -> None:
    async def play(node: Node, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(V2[:5])
        while not any(node.wheel._buckets):
            await asyncio.sleep(0)
        node.ticks(node.gate.head_ticks)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await said(reader)
        assert node.gate.admission.refused["malformed"] == 1

    on_port(play)


def test_the_header_comes_before_tls(on_port: Callable[..., None], tmp_path: Path) -> None:
    pem, key = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=pem)

    async def play(node: Node, port: int) -> None:
        for header, address in ((V1, "192.0.2.7"), (b"PROXY UNKNOWN\r\n", "127.0.0.1")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(header)
            await writer.start_tls(trusting, server_hostname="127.0.0.1")
            writer.write(PING)
            assert (await said(reader))["id"] == 7
            assert address in {connection.address for connection in node.gate.connections}

    on_port(play, context=Certificate(str(pem), str(key)).context)


def test_who_is_no_proxy_begins_with_tls(on_port: Callable[..., None], tmp_path: Path) -> None:
    pem, key = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=pem)

    async def play(_node: Node, port: int) -> None:
        _, plain = await asyncio.open_connection("127.0.0.1", port)
        plain.write(PING)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting, server_hostname="127.0.0.1"
        )
        writer.write(PING)
        assert (await said(reader))["id"] == 7

    on_port(play, ("192.0.2.1",), context=Certificate(str(pem), str(key)).context)
