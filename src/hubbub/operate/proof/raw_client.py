"""One WebSocket conversation in JSON, written down as it happens. Not the SDK: the proof must not lean on what it proves."""

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any, Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Subprotocol

from hubbub.operate.cluster.server import Server, until
from hubbub.operate.proof.history import Envelope, Record, Witness
from hubbub.runtime.spawn import Tasks

Answer = asyncio.Future[Envelope | None]
"""None once the connection is gone: undecided."""


class LostError(Exception):
    """The connection ended before the answer came."""


LOST = (LostError, ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, EOFError, TimeoutError)


class RawClient:
    """A device that connects again and again. `hear` is told every envelope, in order, before anybody else."""

    def __init__(
        self, server: Server, witness: Witness, token: str, hear: Callable[[Envelope], None] = lambda _: None
    ) -> None:
        self.server = server
        self.witness = witness
        self.pushes: list[Envelope] = []
        self.socket: socket.socket | None = None  # a socket to connect with, where its buffers matter
        self.connections = 0
        self.close_code: int | None = None
        self.is_open = False
        self.moved = asyncio.Event()
        self.token = token
        self._hear = hear
        self._requests = 0
        self._waiting: dict[int, Answer] = {}
        self._socket: ClientConnection
        self._tasks = Tasks()
        self._reader: asyncio.Task[None] | None = None

    async def connect(self, **hello: Any) -> Envelope:  # noqa: ANN401
        """Say hello; gives the welcome. Raises one of LOST."""
        self.connections += 1
        self.pushes = []
        self._socket = await connect(
            f"ws://{self.server.host}:{self.server.port}/ws",
            sock=self.socket,
            subprotocols=[Subprotocol("hubbub.v1.json")],
            compression=None,
            ping_interval=None,
            close_timeout=0.2,
            max_size=None,
        )
        self.is_open = True
        self._reader = self._tasks.spawn(self._read(), f"reader of {self.witness.name}")
        return await self.ask({"type": "hello", "token": self.token, **hello})

    async def ask(self, body: Envelope) -> Envelope:
        """The answer to a request. Raises one of LOST."""
        answer = await (await self.tell(body))
        if answer is None:
            raise LostError
        return answer

    async def tell(self, body: Envelope) -> Answer:
        """Send a request; its answer will come, or None."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._requests += 1
        envelope = {**body, "id": self._requests}
        self._waiting[self._requests] = answer
        self._note("sent", {name: value for name, value in envelope.items() if name != "token"})
        try:
            await self._socket.send(json.dumps(envelope))
        except ConnectionClosed:
            self._end()
        return answer

    def _note(self, way: Literal["sent", "got", "ended"], envelope: Envelope) -> None:
        self.witness.records.append(Record(self.connections, way, envelope))

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                self._got(json.loads(text))
        except (ConnectionClosed, OSError):
            pass
        finally:
            self.close_code = self._socket.close_code
            self._end()

    def _got(self, envelope: Envelope) -> None:
        self._note("got", envelope)
        self._hear(envelope)
        answer = self._waiting.pop(envelope["id"], None) if "id" in envelope else None
        if answer is not None and not answer.done():
            answer.set_result(envelope)
        elif "id" not in envelope:
            self.pushes.append(envelope)
        self.moved.set()

    def _end(self) -> None:
        if self.is_open:
            self._note("ended", {})
        self.is_open = False
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_result(None)
        self.moved.set()

    def stop_reading(self) -> None:
        """From now on what the server writes stays with the kernel, then with the server."""
        self._socket.transport.pause_reading()

    def drop(self) -> None:
        """Cut the socket off, as a dead network does."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Say goodbye."""
        if self._reader is not None:
            await self._socket.close()
            await self._reader

    async def heard(self, **fields: Any) -> Envelope:  # noqa: ANN401
        """The first push of this connection with these fields, waited for."""
        found: Envelope = await until(
            lambda: next((push for push in self.pushes if fields.items() <= push.items()), None), f"{fields}"
        )
        return found
