"""A client of framed TCP in JSON, which may also read nothing of what it is answered."""

import asyncio
import json
import ssl
import struct
from typing import Any, Self

from hubbub.operate.cluster.ports import LOOPBACK
from hubbub.operate.proof.history import Envelope

HEADER = struct.Struct(">4sHI")  # docs/protocol.md §1
JSON_1 = 0x0001


class Line:
    """One connection, greeted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def opened(cls, port: int, token: str, context: ssl.SSLContext | None = None) -> Self:
        """Raises ssl.SSLCertVerificationError."""
        line = cls(*await asyncio.open_connection(LOOPBACK, port, ssl=context))
        await line.ask({"type": "hello", "token": token})
        return line

    async def ask(self, request: Envelope) -> Envelope:
        """The reply."""
        self._writer.write(_frame(request | {"id": 1}))
        while True:
            _, _, length = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            envelope: dict[str, Any] = json.loads(await self._reader.readexactly(length))
            if envelope.get("id") == 1:
                return envelope

    async def ping(self) -> str:
        """What is answered."""
        return str((await self.ask({"type": "ping"}))["type"])

    def ask_in_vain(self, request: Envelope, times: int) -> None:
        """Ask so often, and read nothing from now on."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]
        self._writer.write(_frame(request | {"id": 2}) * times)

    def close(self) -> None:
        """Gone."""
        self._writer.transport.abort()


def _frame(envelope: Envelope) -> bytes:
    data = json.dumps(envelope).encode()
    return HEADER.pack(b"HUB1", JSON_1, len(data)) + data
