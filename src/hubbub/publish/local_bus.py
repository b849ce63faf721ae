"""The bus of the processes of one machine: a broker in the supervisor, reached over a Unix socket.

Both ways a frame is `length u32, MessagePack`: from a client `[topics to hear, topics to hear no more, messages]`, to a
client `[confirmed, messages]`, where `confirmed` counts its requests.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from hubbub.publish.line import Line
from hubbub.publish.outgoing import Message, Outgoing
from hubbub.publish.telling import Hear
from hubbub.runtime.spawn import together

AGAIN_SECONDS = 0.2
TIMEOUT_SECONDS = 2.0
SLOW_BYTES = 16_777_216  # waiting for one process: it is stuck, and reads the database when it is not


class Asked(Struct, array_like=True):
    """From a client."""

    hear: Sequence[str] = ()
    leave: Sequence[str] = ()
    messages: Sequence[Message] = ()


class Given(Struct, array_like=True):
    """To a client."""

    confirmed: int
    messages: Sequence[Message] = ()


_encode = msgspec.msgpack.Encoder().encode
_asked = msgspec.msgpack.Decoder(Asked).decode
_given = msgspec.msgpack.Decoder(Given).decode


def _write(writer: asyncio.StreamWriter, frame: Struct) -> None:
    data = _encode(frame)
    writer.write(len(data).to_bytes(4, "big") + data)


async def _read(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))


class Broker:
    """Passes on what one process says to those that hear its topic, itself included."""

    def __init__(self) -> None:
        self._hearers: defaultdict[str, dict[asyncio.StreamWriter, None]] = defaultdict(dict)
        self._confirmed: dict[asyncio.StreamWriter, int] = {}

    async def serve(self, path: Path) -> asyncio.Server:
        """Listen at `path`, a new name in a folder that only this user can enter."""
        return await asyncio.start_unix_server(self._serve, path)

    def close(self) -> None:
        """Cut everybody off."""
        for writer in list(self._confirmed):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard: set[str] = set()
        self._confirmed[writer] = 0
        try:
            while True:
                self._do(_asked(await _read(reader)), writer, heard)
        except (OSError, EOFError, msgspec.DecodeError):
            pass
        finally:
            self._leave(writer, heard)
            del self._confirmed[writer]
            writer.close()

    def _do(self, asked: Asked, writer: asyncio.StreamWriter, heard: set[str]) -> None:
        for topic in asked.hear:
            self._hearers[topic][writer] = None
        heard.update(asked.hear)
        self._leave(writer, asked.leave)
        heard.difference_update(asked.leave)
        self._confirmed[writer] += 1
        if not asked.messages:
            _write(writer, Given(self._confirmed[writer]))
            return
        outgoing: defaultdict[asyncio.StreamWriter, list[Message]] = defaultdict(list)
        for message in asked.messages:
            for hearer in self._hearers.get(message[0], ()):
                outgoing[hearer].append(message)
        for hearer, messages in outgoing.items():
            if hearer.transport.get_write_buffer_size() < SLOW_BYTES:
                _write(hearer, Given(self._confirmed[hearer], messages))

    def _leave(self, writer: asyncio.StreamWriter, topics: Sequence[str] | set[str]) -> None:
        for topic in topics:
            hearers = self._hearers.get(topic, {})
            hearers.pop(writer, None)
            if not hearers:
                self._hearers.pop(topic, None)


class LocalBus:
    """Implements publish.telling.Bus."""

    def __init__(self, path: Path, hear: Hear) -> None:
        self._path = path
        self._hear = hear
        self._topics: set[str] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._asked = 0
        self._confirmed = 0
        self._line = Line(AGAIN_SECONDS, (OSError, EOFError))
        self._moved = asyncio.Condition()
        self.outgoing = Outgoing()

    @property
    def is_up(self) -> bool:
        """Whether what is published now may arrive."""
        return self._writer is not None

    def publish(self, messages: Sequence[Message]) -> None:
        """Send soon, in order; dropped where the broker is away."""
        if self._writer is not None:
            self.outgoing.put(messages)
        else:
            self.outgoing.dropped += len(messages)

    async def subscribe(self, topics: Sequence[str]) -> bool:
        """Hear these; True once the broker has said so."""
        self._topics.update(topics)
        if self._writer is None:
            return False
        writer, request = self._writer, self._ask(self._writer, Asked(hear=topics))
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._moved:
                await self._moved.wait_for(lambda: self._confirmed >= request or self._writer is not writer)
        except TimeoutError:
            return False
        return self._writer is writer

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Hear these no more."""
        self._topics.difference_update(topics)
        if self._writer is not None:
            self._ask(self._writer, Asked(leave=topics))

    def _ask(self, writer: asyncio.StreamWriter, asked: Asked) -> int:
        _write(writer, asked)
        self._asked += 1
        return self._asked

    async def run(self) -> None:
        """Carry, and come back after losses, until cancelled."""
        await self._line.keep(self._session)

    async def _session(self) -> None:
        reader, writer = await asyncio.open_unix_connection(self._path)
        self._asked = self._confirmed = 0
        try:
            self._ask(writer, Asked(hear=list(self._topics)))
            self._writer = writer
            self._line.is_back(topics=len(self._topics))
            await together(self._read(reader), self._publish(writer))
        finally:
            self._writer = None
            self.outgoing.drop()
            await self._tell()
            writer.close()

    async def _tell(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            given = _given(await _read(reader))
            for topic, data in given.messages:
                self._hear(topic, data)
            if given.confirmed != self._confirmed:
                self._confirmed = given.confirmed
                await self._tell()

    async def _publish(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._ask(writer, Asked(messages=await self.outgoing.take()))
            await writer.drain()
