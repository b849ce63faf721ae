"""What every connection has, whatever its transport: a deadline for hello, a heartbeat, a slow-client clock, an end.

HELLO    waits for hello          4002 after `hello_ticks`
LIVE     talks                    ping after `silent_ticks` of silence, 4003 after twice that; 1012 when it is old
CLOSING  said bye                 cut off after CLOSING_SECONDS
(stalled, in any of them: 4001 if the peer has not drained after `stall_ticks`)
"""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hubbub.accept.admission import Admission
from hubbub.accept.connection_log import LOST, ConnectionLog
from hubbub.accept.endpoints import socket_past
from hubbub.accept.heartbeat import TimingWheel
from hubbub.codec.websocket_frames import FrameLimits
from hubbub.codec.wires import Wire
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.session import CLOSED, NEW, OPEN, Client
from hubbub.model.errors import CloseCode
from hubbub.model.replies import Bye
from hubbub.push.hub import Hub
from hubbub.push.mailbox import HIGH_WATER, NOWHERE, Flusher
from hubbub.runtime.histogram import Histogram
from hubbub.runtime.tracing import NO_TRACES, Traces

CLOSING_SECONDS = 5.0
INBOX_BYTES = 65_536  # of one read: emptied within the callback that filled it, so one serves all connections
YOUNGEST = 0.5  # of `age_ticks`, so that connections opened together do not leave together
AWAY_MS = 1_000  # for those whose turn it is in one tick not to come back as one
JITTER = 0.1  # of the heartbeat, so that connections opened together are not pinged together


class Listener(Protocol):
    """Who is told what clients say: dispatch/session.Sessions, or an echo application."""

    def receive(self, client: Any, envelope: bytes, /) -> None: ...  # noqa: ANN401 - a Client of the listener's kind
    def ended(self, client: Any, /) -> None: ...  # noqa: ANN401


@dataclass(kw_only=True)
class Gate:
    """What the connections of a listener share. `inbox`: where framed TCP reads to; `noise`: what it skipped, in bytes.

    `asked`: when those were pinged that did not answer yet (s, of the event loop's clock); `round_trips`: how long the others took.

    `age_ticks`: a connection that is older is told to come back, perhaps to another node; 0: never.
    """

    listener: Listener = None  # type: ignore[assignment]  # wiring sets it: it needs the gate's hub first
    admission: Admission
    wheel: TimingWheel
    flusher: Flusher
    hub: Hub | None
    frame_limits: FrameLimits
    head_bytes: int
    head_ticks: int
    hello_ticks: int
    silent_ticks: int
    stall_ticks: int
    age_ticks: int = 0
    pongs: TokenBuckets
    clock: Callable[[], int]
    log: ConnectionLog
    traces: Traces = NO_TRACES
    connections: "set[Connection]" = field(default_factory=set)
    closed: Counter[int] = field(default_factory=Counter)
    opened: Counter[Wire] = field(default_factory=Counter)
    asked: "dict[Connection, float]" = field(default_factory=dict)
    round_trips: Histogram = field(default_factory=Histogram)
    inbox: bytearray = field(default_factory=lambda: bytearray(INBOX_BYTES))
    noise: int = 0

    def end_revoked(self, sessions: Sequence[str]) -> None:
        """These sessions were ended by their user or by theft of a token: their connections go now."""
        self._end(sessions, CloseCode.SESSION_REVOKED)

    def end_expired(self, sessions: Sequence[str]) -> None:
        """These sessions were not refreshed in time."""
        self._end(sessions, CloseCode.UNAUTHENTICATED)

    def _end(self, sessions: Sequence[str], code: CloseCode) -> None:
        ended = frozenset(sessions)
        for connection in list(self.connections):
            if connection.state == OPEN and connection.caller.session in ended:
                connection.close(code)


class Connection(Client):
    """One peer. Subclasses speak a transport: they read, ping, and write the transport's way of closing."""

    __slots__ = ("deadline", "due", "ending", "gate", "held", "leaves_at", "seen", "since")

    transport: Any

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate.flusher)
        self.gate = gate
        self.address = ""
        self.bearer = None
        self.ends_at = None
        self.lane = None
        self.state = NEW
        self.commands = self.refused = self.resumed = 0
        self.ending: tuple[int, str] | None = None
        self.due = -1
        self.seen = gate.wheel.now
        self.held = False
        self.deadline = -1
        self.leaves_at = -1

    # ── opening and ending ──────────────────────────────────────────────────────────────────────────────────────

    def opened(self) -> None:
        """The transport's handshake is done; hello must follow."""
        gate = self.gate
        gate.opened[self.wire] += 1
        gate.connections.add(self)
        self.socket = socket_past(self.transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER if self.socket is NOWHERE else 0, low=0)
        self.since = asyncio.get_running_loop().time()
        self.seen = gate.wheel.now
        self._allow(gate.hello_ticks)

    def _allow(self, ticks: int) -> None:
        """So long for what must happen now: hello, draining, or the peer's end of closing."""
        self.deadline = self.gate.wheel.now + ticks
        self.gate.wheel.watch(self, ticks)

    def greeted(self) -> None:
        """From now on silence counts, the end of the token, and age."""
        gate = self.gate
        if gate.age_ticks:
            share = random.uniform(YOUNGEST, 1)  # noqa: S311 - no secret
            self.leaves_at = gate.wheel.now + max(1, int(gate.age_ticks * share))
        gate.wheel.watch(self, self.look(gate.wheel.now) or 1)

    def close(self, code: CloseCode, message: str = "", reconnect_in_ms: int | None = None) -> None:
        """Say `bye`, then close as the transport does; what waits is written first."""
        if self.state == CLOSED:
            return
        self.put(
            self.wire.frame(
                Bye(code=code.number, reason=message or code.reason, reconnect_in_ms=reconnect_in_ms)
            )
        )
        self.finish(code.number, code.reason, message)

    def finish(self, code: int, reason: str, why: str = "") -> None:
        """Close with a code; nothing is read or told any more. `why`: what the log says beyond the reason."""
        if self.state == CLOSED:
            return
        self._end(code, why or reason)
        self.say_closing(code, reason)
        self._allow(self.gate.wheel.ticks(CLOSING_SECONDS))

    def _end(self, code: int, why: str) -> None:
        self.socket = NOWHERE
        self.gate.closed[code] += 1
        self.gate.listener.ended(self)
        self.state = CLOSED
        self.ending = code, why

    def say_closing(self, code: int, reason: str) -> None:
        """Close as this transport does, behind what waits to be written."""
        raise NotImplementedError

    def half_close(self) -> None:
        """Send no more but read on for a while: closing on unread bytes would reset the socket and lose our last words."""
        self.flush()
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:  # TLS has its own goodbye
            self.transport.close()

    def ping(self) -> None:
        """Ask the peer for a sign of life."""
        raise NotImplementedError

    def ponged(self) -> None:
        """The peer answered a ping."""
        asked = self.gate.asked.pop(self, None)
        if asked is not None:
            self.gate.round_trips.observe(asyncio.get_running_loop().time() - asked)

    def _end_lost(self) -> None:
        if self.state != CLOSED:
            self._end(LOST, "")
        if self.ending is not None:
            self.gate.log.ended(self, asyncio.get_running_loop().time() - self.since, *self.ending)

    def lost(self) -> None:
        """The transport is gone."""
        self._end_lost()
        self.gate.connections.discard(self)
        self.gate.flusher.pressed.discard(self)
        self.gate.asked.pop(self, None)
        self.gate.pongs.give(id(self), math.inf)
        self.out = None
        self._wake()
        self.due = -1

    # ── flow ────────────────────────────────────────────────────────────────────────────────────────────────────

    def hold(self) -> None:
        """Read nothing more for now."""
        if not self.held:
            self.held = True
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Read again, unless the peer is stalled."""
        if self.held:
            self.held = False
            self.seen = self.gate.wheel.now
            if not self.stalled and not self.transport.is_closing():
                self.transport.resume_reading()

    def read_on(self) -> None:
        """The peer has drained; what it asked before comes first."""
        if not self.held:
            self.transport.resume_reading()

    def on_stall(self) -> None:
        """The slow-client clock starts."""
        self._allow(self.gate.stall_ticks)

    def on_drain(self) -> None:
        """Announce what was missed."""
        self.seen = self.gate.wheel.now
        if self.gate.hub is not None and self.state == OPEN:
            self.gate.hub.drained(self)

    # ── the wheel's turn ────────────────────────────────────────────────────────────────────────────────────────

    def look(self, tick: int) -> int | None:
        """See what ran out; ticks until the next look."""
        if (self.state != OPEN or self.stalled) and tick < self.deadline:
            return self.deadline - tick
        if self.state == CLOSED:
            self.transport.abort()
            return None
        if self.state != OPEN:
            self.close(CloseCode.HELLO_TIMEOUT)
            return None
        if self.stalled:
            self.close(CloseCode.SLOW_CONSUMER)
            self._allow(self.gate.stall_ticks)
            return None
        return self._look_open(tick)

    def _look_open(self, tick: int) -> int | None:
        if self.ends_at is not None and self.ends_at <= self.gate.clock():
            self.close(CloseCode.UNAUTHENTICATED, "The token has run out.")
            return None
        if 0 <= self.leaves_at <= tick:
            moment = random.randint(0, AWAY_MS)  # noqa: S311 - no secret
            self.close(CloseCode.SERVICE_RESTART, "The connection is old.", reconnect_in_ms=moment)
            return None
        again = self._look_silent(tick)
        if again is not None and self.leaves_at >= 0:
            again = min(again, self.leaves_at - tick)
        if again is None or self.ends_at is None:
            return again
        return min(again, self.gate.wheel.ticks((self.ends_at - self.gate.clock()) / 1000))

    def _look_silent(self, tick: int) -> int | None:
        gate = self.gate
        if self.held:
            self.seen = tick
        silent = tick - self.seen
        if silent >= 2 * gate.silent_ticks:
            self.close(CloseCode.NO_HEARTBEAT)
            return None
        if silent < gate.silent_ticks:
            spread = int(gate.silent_ticks * JITTER)
            return max(gate.silent_ticks - silent + random.randint(-spread, 0), 1)  # noqa: S311 - no secret
        gate.asked[self] = asyncio.get_running_loop().time()
        self.ping()
        return 2 * gate.silent_ticks - silent
