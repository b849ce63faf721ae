"""Where clients reach the small real server: WebSocket and framed TCP, in either codec."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from clients.python.tests.server_words import JSON, PROTOBUF, Fields, ServerWords
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from hubbub_client.transport.contract import ENVELOPE_MAX
from hubbub_client.transport.data_frame import DataFrameReader, Frame, data_frame

WORDS = {JSON.number: JSON, PROTOBUF.number: PROTOBUF}
SUBPROTOCOLS = {"hubbub.v1.json": JSON, "hubbub.v1.protobuf": PROTOBUF}


class Peer(Protocol):
    """One client's connection."""

    def hear(self) -> AsyncIterator[Fields]: ...

    async def say(self, fields: Fields) -> bool:
        """False if nobody listens any longer."""

    async def close(self, code: int, bye: Fields | None = None) -> None: ...

    def abort(self) -> None: ...


def _bye(code: int, more: Fields | None) -> Fields:
    return {"type": "bye", "code": code, "reason": "test", **(more or {})}


class WebSocketPeer:
    """A client with a WebSocket: the close code is in the closing handshake."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._words = SUBPROTOCOLS[socket.subprotocol or "hubbub.v1.json"]

    async def hear(self) -> AsyncIterator[Fields]:
        try:
            async for said in self._socket:
                yield self._words.decode(said if isinstance(said, bytes) else said.encode())
        except ConnectionClosed:
            return

    async def say(self, fields: Fields) -> bool:
        try:
            await self._socket.send(self._words.encode(fields), text=self._words is JSON)
        except ConnectionClosed:
            return False
        return True

    async def close(self, code: int, bye: Fields | None = None) -> None:
        if bye is not None:
            await self.say(_bye(code, bye))
        await self._socket.close(code)

    def abort(self) -> None:
        self._socket.transport.abort()


class FramedTcpPeer:
    """A client with framed TCP: the close code is in `bye`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._words: ServerWords = JSON

    async def hear(self) -> AsyncIterator[Fields]:
        frames = DataFrameReader(ENVELOPE_MAX)
        try:
            while chunk := await self._reader.read(65_536):
                for codec, data in frames.feed(chunk):
                    self._words = WORDS[codec]
                    yield self._words.decode(data)
        except OSError:
            return

    async def say(self, fields: Fields) -> bool:
        if self._writer.is_closing():
            return False
        self._writer.write(data_frame(Frame(self._words.number, self._words.encode(fields))))
        return True

    async def close(self, code: int, bye: Fields | None = None) -> None:
        await self.say(_bye(code, bye))
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()


class Listener:
    """Two ports, which stay the same over kills and starts."""

    def __init__(self, talk: Callable[[Peer], Awaitable[None]]) -> None:
        self.port = 0
        self.tcp_port = 0
        self._talk = talk
        self._peers: set[Peer] = set()
        self._servers: tuple[Server, asyncio.Server] | None = None

    async def start(self) -> None:
        websocket = await serve(
            lambda socket: self._serve(WebSocketPeer(socket)), "127.0.0.1", self.port,
            subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS], ping_interval=None, close_timeout=1,
        )  # fmt: skip
        framed_tcp = await asyncio.start_server(
            lambda reader, writer: self._serve(FramedTcpPeer(reader, writer)), "127.0.0.1", self.tcp_port
        )
        self._servers = websocket, framed_tcp
        self.port = next(iter(websocket.sockets)).getsockname()[1]
        self.tcp_port = framed_tcp.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        assert self._servers is not None
        websocket, framed_tcp = self._servers
        for peer in list(self._peers):
            peer.abort()
        framed_tcp.close()
        websocket.close(close_connections=False)
        await websocket.wait_closed()

    async def _serve(self, peer: Peer) -> None:
        self._peers.add(peer)
        try:
            await self._talk(peer)
        finally:
            self._peers.discard(peer)
