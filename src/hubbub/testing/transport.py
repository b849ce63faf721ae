"""A transport without a socket: its peer reads when a test says so."""

from typing import Any

ALL = 2**30


class ManualTransport:
    """An asyncio transport in memory. `sent`: what the peer has read; `protocol` hears of a full and an empty buffer.

    The peer reads all the time until `stop_reading`, then only what `read` takes.
    """

    def __init__(self, protocol: Any = None, *, high: int = 65_536, peer: str = "192.0.2.1") -> None:  # noqa: ANN401
        self.protocol = protocol
        self.high = high
        self.peer = peer
        self.sent = bytearray()
        self.writes = 0
        self.reading = True
        self.closed = self.aborted = self.half_closed = False
        self._buffer = bytearray()
        self._peer_reads = True
        self._paused = False

    # ── what the server does ────────────────────────────────────────────────────────────────────────────────────

    def write(self, data: bytes) -> None:
        """Send, or keep until the peer reads."""
        if self.aborted:
            raise RuntimeError("the handler is closed")  # what uvloop says
        self.writes += 1
        self._buffer += data
        if self._peer_reads:
            self.read()
        elif len(self._buffer) > self.high and not self._paused:
            self._paused = True
            self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """Bytes the peer has not read."""
        return len(self._buffer)

    def set_write_buffer_limits(self, high: int, low: int) -> None:  # noqa: ARG002 - resumes at 0 only
        """When the protocol is told."""
        self.high = high

    def pause_reading(self) -> None:
        """Read nothing from the peer."""
        self.reading = False

    def resume_reading(self) -> None:
        """Read again."""
        self.reading = True

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close once everything is sent."""
        self.closed = True

    def abort(self) -> None:
        """Close at once."""
        self.closed = self.aborted = True
        self._buffer.clear()

    def can_write_eof(self) -> bool:
        """As a socket without TLS."""
        return True

    def write_eof(self) -> None:
        """Send no more."""
        self.half_closed = True

    def get_extra_info(self, name: str) -> Any:  # noqa: ANN401 - as asyncio's
        """The peer's address."""
        return (self.peer, 50_000) if name == "peername" else None

    # ── what the peer does ──────────────────────────────────────────────────────────────────────────────────────

    def stop_reading(self) -> None:
        """The peer is slow from now on."""
        self._peer_reads = False

    def read(self, most: int = ALL) -> None:
        """The peer takes what waits, up to so many bytes."""
        taken, self._buffer = self._buffer[:most], self._buffer[most:]
        self.sent += taken
        if self._paused and not self._buffer:
            self._paused = False
            self.protocol.resume_writing()

    def go_on_reading(self) -> None:
        """The peer keeps up again."""
        self._peer_reads = True
        self.read()

    def take(self) -> bytes:
        """What the peer has read since the last time."""
        taken, self.sent = bytes(self.sent), bytearray()
        return taken
