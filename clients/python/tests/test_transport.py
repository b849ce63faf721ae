"""One suite for every Transport: envelopes go both ways whole, and the end has a code."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hubbub_client.transport import dial
from hubbub_client.transport.contract import ENVELOPE_MAX, Closed, DialError
from hubbub_client.transport.data_frame import DataFrameReader, Frame, data_frame
from hubbub_client.wire.codec import Codec
from hubbub_client.wire.json_codec import JsonCodec
from hubbub_client.wire.protobuf_codec import ProtobufCodec

SIZES = {"huge": ENVELOPE_MAX + 1, "largest": ENVELOPE_MAX}


async def echo(connection: ServerConnection) -> None:
    """Says everything again, in the same kind of frame; closes with the code it is told."""
    async for said in connection:
        word = said if isinstance(said, bytes) else said.encode()
        text = isinstance(said, str)
        if word.startswith(b"close "):
            await connection.close(int(word.removeprefix(b"close ")))
        elif word == b"break":
            connection.transport.abort()
        else:
            await connection.send(bytes(SIZES[word.decode()]) if word.decode() in SIZES else word, text=text)


async def echo_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The same over framed TCP, where a close code is an envelope."""
    frames = DataFrameReader(ENVELOPE_MAX)
    while chunk := await reader.read(65_536):
        for codec, word in frames.feed(chunk):
            if word == b"break":
                writer.transport.abort()
            elif word == b"early bye":
                bye = b'{"type":"bye","code":4503,"reason":"crowded"}'
                writer.write(data_frame(Frame(0, b'{"type":"error","code":"rate_limited"}')))
                writer.write(data_frame(Frame(0, bye)))
            elif word == b"another codec":
                writer.write(data_frame(Frame(7, b"{}")))
            else:
                size = SIZES.get(word[:10].decode(errors="replace"))
                writer.write(data_frame(Frame(codec, word if size is None else bytes(size))))
    writer.close()


@pytest.fixture
async def websocket() -> AsyncIterator[str]:
    protocols = [JsonCodec.subprotocol, ProtobufCodec.subprotocol]
    async with serve(echo, "127.0.0.1", 0, subprotocols=protocols, close_timeout=1) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"


@pytest.fixture
async def framed_tcp() -> AsyncIterator[str]:
    async with await asyncio.start_server(echo_frames, "127.0.0.1", 0) as server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("codec", [JsonCodec(), ProtobufCodec()], ids=["json", "protobuf"])
@pytest.mark.parametrize("carrier", ["websocket", "framed_tcp"])
async def test_there_and_back(websocket: str, framed_tcp: str, carrier: str, codec: Codec) -> None:
    transport = await dial(websocket if carrier == "websocket" else framed_tcp, codec)
    for envelope in (b'{"a":1}', '{"ü":1}'.encode(), b"x" * 100_000):
        await transport.send(envelope)
        assert await transport.receive() == envelope
    await transport.send(b"largest")
    assert len(await transport.receive()) == ENVELOPE_MAX
    await transport.close(1000)
    with pytest.raises(Closed):
        await transport.send(b"{}")


async def last_words(url: str, word: bytes, codec: Codec) -> Closed:
    transport = await dial(url, codec)
    await transport.send(word)
    with pytest.raises(Closed) as closed:
        await transport.receive()
    await transport.close(1000)
    return closed.value


@pytest.mark.parametrize(
    ("word", "code"), [(b"close 4001", 4001), (b"close 1000", 1000), (b"break", 1006), (b"huge", 1009)]
)
async def test_the_end_of_a_websocket_has_a_code(websocket: str, word: bytes, code: int) -> None:
    assert (await last_words(websocket, word, JsonCodec())).code == code


@pytest.mark.parametrize(
    ("word", "code"), [(b"break", 1006), (b"huge", 4502), (b"early bye", 4503), (b"another codec", 4502)]
)
async def test_the_end_of_framed_tcp_has_one_too(framed_tcp: str, word: bytes, code: int) -> None:
    """Where nothing was said, 1006; a server that does not know the codec yet says JSON to everybody."""
    assert (await last_words(framed_tcp, word, ProtobufCodec())).code == code


@pytest.mark.parametrize(
    "bad",
    [
        "ws://127.0.0.1:1/ws",
        "ws://nowhere.invalid/ws",
        "ws://",
        "tcp://127.0.0.1:1",
        "tls://127.0.0.1:1",
        "tcp://nowhere.invalid:1",
    ],
)
async def test_no_connection_says_why(bad: str) -> None:
    with pytest.raises(DialError, match=r".+"):
        await dial(bad, JsonCodec())
