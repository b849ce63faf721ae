"""The reading of HTTP request heads: uvicorn's httptools protocol with a bound on their size and on their time."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hubbub.accept.heartbeat import TimingWheel

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedHeads(HttpToolsProtocol):
    """A peer that sends an endless head, or a head endlessly slowly, is cut off."""

    wheel: TimingWheel
    head_bytes: int
    head_ticks: int

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*arguments, **named)
        self.due = -1
        self._deadline = 0
        self._head = 0
        self._reading_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock of the first head starts."""
        super().connection_made(transport)
        self._start_clock()

    def _start_clock(self) -> None:
        self._deadline = self.wheel.now + self.head_ticks
        self.wheel.watch(self, self.head_ticks)

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

    def look(self, tick: int) -> int | None:
        """The head should have been read by now."""
        if tick < self._deadline:
            return self._deadline - tick
        if self._reading_head and self.parser is not None and not self.transport.is_closing():
            if self._head:
                self.transport.write(TIMEOUT)
            if self._head or self.cycle is None:
                self.transport.close()
        return None
