"""One suite for every Transport: envelopes go both ways whole, and the end has a code."""

from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hubbub_client.transport import ENVELOPE_MAX, Closed, DialError, dial_websocket
from hubbub_client.wire.json_codec import JsonCodec


async def echo(connection: ServerConnection) -> None:
    """Says everything twice; closes with the code it is told."""
    async for text in connection:
        assert isinstance(text, str)
        if text.startswith("close "):
            await connection.close(int(text.removeprefix("close ")))
        elif text == "break":
            connection.transport.abort()
        elif text == "huge":
            await connection.send("x" * (ENVELOPE_MAX + 1))
        elif text == "largest":
            await connection.send("x" * ENVELOPE_MAX)
        else:
            await connection.send(text)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serve(echo, "127.0.0.1", 0, subprotocols=["hubbub.v1.json"], close_timeout=1) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"


async def test_there_and_back(url: str) -> None:
    transport = await dial_websocket(url, JsonCodec())
    for envelope in (b'{"a":1}', '{"ü":1}'.encode(), b"x" * 100_000):
        await transport.send(envelope)
        assert await transport.receive() == envelope
    await transport.send(b"largest")
    assert len(await transport.receive()) == ENVELOPE_MAX
    await transport.close(1000)
    with pytest.raises(Closed):
        await transport.send(b"{}")


@pytest.mark.parametrize(
    ("word", "code"), [("close 4001", 4001), ("close 1000", 1000), ("break", 1006), ("huge", 1009)]
)
async def test_the_end_has_a_code(url: str, word: str, code: int) -> None:
    transport = await dial_websocket(url, JsonCodec())
    await transport.send(word.encode())
    with pytest.raises(Closed) as closed:
        await transport.receive()
    assert closed.value.code == code
    await transport.close(1000)


@pytest.mark.parametrize(
    "bad", ["ws://127.0.0.1:1/ws", "ws://nowhere.invalid/ws", "ws://", "http://127.0.0.1/ws"]
)
async def test_no_connection_says_why(bad: str) -> None:
    with pytest.raises(DialError, match=r".+"):
        await dial_websocket(bad, JsonCodec())
