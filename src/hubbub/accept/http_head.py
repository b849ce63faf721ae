"""The reading of HTTP request heads: uvicorn's httptools protocol with a bound on their size and on their time."""

import asyncio
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hubbub.accept.endpoints import Introduced
from hubbub.accept.heartbeat import TimingWheel

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class HeadClock:
    """What the timing wheel holds of a protocol: little, and nothing once the socket is a WebSocket's."""

    __slots__ = ("deadline", "due", "protocol")

    def __init__(self, protocol: "BoundedHeads") -> None:
        self.protocol: BoundedHeads | None = protocol
        self.deadline = 0
        self.due = -1

    def look(self, tick: int) -> int | None:
        """The head should have been read by now."""
        if self.protocol is None:
            return None
        if tick < self.deadline:
            return self.deadline - tick
        self.protocol.head_is_late()
        return None


class BoundedHeads(HttpToolsProtocol):
    """A peer that sends an endless head, or a head endlessly slowly, is cut off."""

    wheel: TimingWheel
    head_bytes: int
    head_ticks: int

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*arguments, **named)
        self._clock = HeadClock(self)
        self._head = 0
        self._reading_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock of the first head starts."""
        super().connection_made(Introduced(transport))  # type: ignore[arg-type]  # all it asks of it are names
        self.transport = transport
        self.flow = FlowControl(transport)
        self._start_clock()

    def _start_clock(self) -> None:
        self._clock.deadline = self.wheel.now + self.head_ticks
        self.wheel.watch(self._clock, self.head_ticks)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is late any more."""
        self._clock.protocol = None
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """The socket goes to the WebSocket; what read its head must not stay in memory as long as it lives."""
        super().handle_websocket_upgrade()
        self._clock.protocol = None
        self.parser = None  # type: ignore[assignment]
        self.scope = None  # type: ignore[assignment]
        self.headers = []

    def data_received(self, data: bytes) -> None:
        """Count what comes while a head is being read."""
        if self._reading_head:
            self._head += len(data)
            if self._head > self.head_bytes and not self._ends_within(data):
                self.transport.write(TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def _ends_within(self, data: bytes) -> bool:
        """Whether the head ended in this chunk, within the bound: the rest of it is body."""
        end = data.find(b"\r\n\r\n")
        return end >= 0 and self._head - len(data) + end <= self.head_bytes

    def on_message_begin(self) -> None:
        """Another head begins."""
        super().on_message_begin()
        self._reading_head = True
        self._start_clock()

    def on_headers_complete(self) -> None:
        """The head is read."""
        self._reading_head = False
        self._head = 0
        super().on_headers_complete()

    def head_is_late(self) -> None:
        """Cut off a peer whose head is still not here."""
        if not self._reading_head or self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._start_clock()  # what came before is still being answered
            return
        if self._head or self.cycle is not None:  # a later head has begun, or we would not be reading one
            self.transport.write(TIMEOUT)
        self.transport.close()
