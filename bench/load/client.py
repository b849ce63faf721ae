"""Lean clients: frames are walked by their heads, kinds are told by one byte, and no JSON is decoded.

A client costs the generator a few tenths of a microsecond a frame beside the read itself, so that one core can load
a server of another one. It must be spoken to as Hubbub does: whole text frames whose envelope begins with its type.
"""

import asyncio
import base64
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from hubbub.codec.websocket_frames import PING, PONG, masked_frame, masked_text_frame
from load.world import token_of

MASK = b"\x5a\xc3\x0f\x96"  # the server unmasks it as any other
TYPE_AT = len(b'{"type":"')
MESSAGE, SENT, ERROR = b"mse"  # no `member` and no other `s…` push is made in a bench
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: %b\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: hubbub.v1.json\r\n\r\n"
)
DIALS_AT_ONCE = 100


@dataclass
class Tally:
    """What the clients of one process saw. `reads`: pieces in which the kernel gave them bytes."""

    messages: int = 0
    sent: int = 0
    errors: list[bytes] = field(default_factory=list)
    others: int = 0
    pings: int = 0
    reads: int = 0
    octets: int = 0
    lost: int = 0
    sample: bytes = b""
    goal: int = -1
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def await_messages(self, count: int) -> asyncio.Event:
        """Set once `count` messages, counted from the beginning, have arrived."""
        self.reached.clear()
        self.goal = count
        if self.messages >= count:
            self.reached.set()
        return self.reached


class Client(asyncio.Protocol):
    """One connection of one user. `number` is the user's in the world."""

    __slots__ = ("number", "opened", "rest", "tally", "transport")

    transport: asyncio.Transport

    def __init__(self, tally: Tally, number: int) -> None:
        self.tally = tally
        self.number = number
        self.rest = b""
        self.opened: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = transport  # type: ignore[assignment]
        self.transport.write(UPGRADE % base64.b64encode(os.urandom(16)))

    def connection_lost(self, error: Exception | None) -> None:
        """By the server's doing, if it was before the end."""
        self.tally.lost += 1
        if self.opened is not None and not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed before `welcome`"))

    def data_received(self, data: bytes) -> None:
        """Count what arrived."""
        if self.opened is not None:
            self._open(data)
            return
        tally = self.tally
        tally.reads += 1
        tally.octets += len(data)
        self.walk(self.rest + data if self.rest else data)
        if tally.messages >= tally.goal >= 0:
            tally.goal = -1
            tally.reached.set()

    def walk(self, data: bytes) -> None:
        """Tell the frames of `data` by their heads (RFC 6455 §5.2); keep an incomplete one."""
        tally, at, end = self.tally, 0, len(data)
        while end - at > 1:
            length, start = data[at + 1], at + 2
            if length > 125:
                start += 2 if length == 126 else 8
                length = int.from_bytes(data[at + 2 : start], "big")
            stop = start + length
            if stop > end:
                break
            kind = data[start + TYPE_AT] if length > TYPE_AT else 0
            if kind == MESSAGE:
                tally.messages += 1
            elif kind == SENT:
                tally.sent += 1
                self.answered()
            else:
                self.other(kind, data[at], data[start:stop])
            at = stop
        self.rest = data[at:]

    def hello(self) -> bytes:
        """The first request."""
        return hello_frame(self.number)

    def welcomed(self) -> None:
        """The server knows who this is."""

    def answered(self) -> None:
        """A message of this client is durable."""

    def other(self, kind: int, first: int, payload: bytes) -> None:
        """A frame that is neither a message nor `sent`; `kind`: the first letter of its type, `first`: the frame's first byte."""
        if first & 0x0F == PING:
            self.tally.pings += 1
            self.transport.write(masked_frame(PONG, payload, MASK))
        elif kind == ERROR:
            self.tally.errors.append(payload)
            self.answered()
        else:
            self.tally.others += 1

    def _open(self, data: bytes) -> None:
        """The upgrade's answer, then `welcome`; bytes after it are counted as all others."""
        assert self.opened is not None
        data = self.rest + data
        if data.startswith(b"HTTP/1.1"):
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self.rest = head
                return
            if b" 101 " not in head:
                self.opened.set_exception(ConnectionError(head.decode()))
                return
            self.transport.write(self.hello())
        self.rest = data
        if b'{"type":"welcome"' in data:
            self.welcomed()
            self.opened.set_result(None)
            self.opened, self.rest = None, b""
            self.walk(data)
        elif b'{"type":"error"' in data:
            self.opened.set_exception(ConnectionError(data.decode(errors="replace")))


class Silent(Client):
    """A client of a server without handshake: the references' connections."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open at once."""
        self.transport = transport  # type: ignore[assignment]
        self.opened = None


class Bare(Client):
    """A client of a server that speaks WebSocket and asks for nothing more."""

    def _open(self, data: bytes) -> None:
        head, found, _ = (self.rest + data).partition(b"\r\n\r\n")
        if not found:
            self.rest = head
            return
        assert self.opened is not None
        if b" 101 " in head:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(head.decode()))
        self.opened, self.rest = None, b""


@cache
def hello_frame(number: int) -> bytes:
    """The user's `hello`; signing its token takes as long as a connect, so ask for it before what is measured."""
    hello = {"type": "hello", "id": 0, "token": token_of(number)}
    return masked_text_frame(json.dumps(hello).encode(), MASK)


def send_frame(number: int, to: str, content: str, msg_id: str) -> bytes:
    """A `send` request on its way to the server."""
    envelope = f'{{"type":"send","id":{number},"msg_type":"group","to":"{to}","content":"{content}","msg_id":"{msg_id}"}}'
    return masked_text_frame(envelope.encode(), MASK)


async def open_all(
    make: Callable[[int], Client], numbers: Sequence[int], port: int, one_more: Callable[[], None]
) -> list[Client]:
    """A client for each user, in the order of `numbers`; `one_more` is called after each `welcome`."""
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(DIALS_AT_ONCE)

    async def dial(number: int) -> Client:
        async with room:
            _, client = await loop.create_connection(lambda: make(number), "127.0.0.1", port)
            if client.opened is not None:
                await client.opened
            one_more()
            return client

    return list(await asyncio.gather(*map(dial, numbers)))
