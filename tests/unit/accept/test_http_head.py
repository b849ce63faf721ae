"""An endless request head, or an endlessly slow one, is cut off; everything else is uvicorn's."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from hubbub.accept.heartbeat import TimingWheel
from hubbub.accept.http_head import BoundedHeads
from hubbub.testing.transport import ManualTransport

BYTES, TICKS = 200, 10
REQUEST = b"GET / HTTP/1.1\r\nHost: hubbub.test\r\n\r\n"


async def hello(_scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hi"})


class Peer:
    def __init__(self) -> None:
        config = uvicorn.Config(hello, lifespan="off", log_config=None, access_log=False, ws="none")
        config.load()
        self.wheel = TimingWheel(100)
        attributes = {"wheel": self.wheel, "head_bytes": BYTES, "head_ticks": TICKS}
        kind = type("Heads", (BoundedHeads,), attributes)
        self.protocol = kind(config=config, server_state=ServerState(), app_state={})
        self.transport = ManualTransport(self.protocol)
        self.protocol.connection_made(self.transport)

    async def send(self, data: bytes) -> str:
        """What is answered: the first line of it."""
        self.protocol.data_received(data)
        for _ in range(10):
            await asyncio.sleep(0)
        return self.transport.take().decode().partition("\r\n")[0]

    def ticks(self, count: int) -> str:
        for _ in range(count):
            self.wheel.advance()
        return self.transport.take().decode().partition("\r\n")[0]


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    yield peer
    peer.protocol.connection_lost(None)


async def test_a_request_within_bounds_is_answered(peer: Peer) -> None:
    assert await peer.send(REQUEST) == "HTTP/1.1 200 OK"
    assert peer.ticks(10 * TICKS) == ""
    assert not peer.transport.closed


async def test_requests_one_after_the_other_are_counted_each_for_itself(peer: Peer) -> None:
    for _ in range(20):
        assert await peer.send(REQUEST) == "HTTP/1.1 200 OK"
    assert not peer.transport.closed


async def test_a_body_does_not_count_as_head(peer: Peer) -> None:
    body = b"x" * 5 * BYTES
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert await peer.send(head + body) == "HTTP/1.1 200 OK"
    assert await peer.send(head) == ""
    assert await peer.send(body) == "HTTP/1.1 200 OK"


async def test_an_endless_head_is_cut_off(peer: Peer) -> None:
    answered = ""
    for _ in range(BYTES):
        answered = answered or await peer.send(b"GET / HTTP/1.1\r\nA: " if not answered else b"")
        answered = answered or await peer.send(b"x" * 50)
        if answered:
            break
    assert answered.startswith("HTTP/1.1 431 ")
    assert peer.transport.closed


async def test_a_large_head_in_one_piece_is_cut_off(peer: Peer) -> None:
    large = REQUEST.replace(b"\r\n\r\n", b"\r\nA: " + b"x" * BYTES + b"\r\n\r\n")
    assert (await peer.send(large)).startswith("HTTP/1.1 431 ")


async def test_a_head_that_does_not_end_in_time_is_cut_off(peer: Peer) -> None:
    assert await peer.send(b"GET / HT") == ""
    assert peer.ticks(TICKS).startswith("HTTP/1.1 408 ")
    assert peer.transport.closed


async def test_a_peer_that_says_nothing_is_cut_off_without_a_word(peer: Peer) -> None:
    assert peer.ticks(TICKS - 1) == ""
    assert not peer.transport.closed
    assert peer.ticks(1) == ""
    assert peer.transport.closed


async def test_a_later_head_that_stops_after_its_first_piece_is_cut_off_too(peer: Peer) -> None:
    """Its first bytes came before the parser said that a head begins."""
    await peer.send(REQUEST)
    await peer.send(b"GET / HT")
    peer.ticks(TICKS)
    assert peer.transport.closed


async def test_a_lost_connection_is_late_for_nothing(peer: Peer) -> None:
    await peer.send(b"GET")
    peer.transport.abort()
    peer.protocol.connection_lost(None)
    assert peer.ticks(5 * TICKS) == ""
