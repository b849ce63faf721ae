"""What waits to be written to one connection, and what happens when it does not read (docs/protocol.md §3.5).

While a connection keeps up, its frames of one loop turn are joined and leave in one write; idle, it holds nothing.
The transport says when it has to keep something (with TLS, when its buffer grows beyond `HIGH_WATER`); from then on every
push is weighed. Beyond the bound pushes are dropped and remembered as holes, nothing more is read, and when the peer has
taken what was written, each affected chat's hole is announced by `resync`.

As long as the transport keeps nothing, writes pass it by: the socket takes them in the same order (docs/adr/0014).
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice, repeat
from socket import SocketType
from typing import TYPE_CHECKING, Protocol

from hubbub.codec.wires import Wire
from hubbub.model.replies import Resync
from hubbub.push.latency import Latency

if TYPE_CHECKING:
    from hubbub.push.channel import Channel

HIGH_WATER = (
    65_536  # bytes that wait before a peer gets no more answers: a flush fits, a stalled peer shows soon
)
BATCH = (
    64  # connections looked at, then written to while what was seen of them is still in the processor's cache
)

NOWHERE = SocketType()
NOWHERE.close()


class Transport(Protocol):
    """What a mailbox needs of asyncio's transports."""

    def write(self, data: bytes | memoryview) -> None: ...
    def get_write_buffer_size(self) -> int: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def is_closing(self) -> bool: ...


class Flusher:
    """Writes, at the end of a loop turn, everything that was put into mailboxes during it.

    `sources` run first and may add to mailboxes; one that returns True has more to do in the next turn. `slow` counts
    mailboxes that passed their bound; `pressed` are those whose peers read more slowly than they are written to.
    """

    def __init__(self, *, outgoing_bytes: float, clock: Callable[[], int]) -> None:
        self.bound = outgoing_bytes
        self.latency = Latency(clock)
        self.slow = 0
        self.pressed: set[Mailbox] = set()
        self.sources: list[Callable[[], bool]] = []
        self.last_step = False
        self._dirty: list[Mailbox] = []
        self._scheduled = False

    @property
    def dirty(self) -> "list[Mailbox]":
        """Mailboxes with something in them; who fills one puts it here."""
        return self._dirty

    @property
    def waiting_bytes(self) -> int:
        """What waits for those who are behind."""
        return sum(each.backlog() for each in self.pressed)

    def schedule(self) -> None:
        """Flush at the end of this loop turn."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Run the sources, then write once to every mailbox that has something."""
        self._scheduled = False
        for source in self.sources:
            if source():
                self.schedule()
        dirty, self._dirty = self._dirty, []
        for mailbox in dirty:
            mailbox.flush()
        self.latency.written()


class Outlet:
    """What a delivery looks at, first in memory, so that it lies in one line of the processor's cache.

    `out` is None, one joined run of frames, or a list of them. `pressed`: every push is weighed. `socket`: what may be written
    to past a transport that keeps nothing; a closed one where only the transport may write.
    """

    __slots__ = ("out", "pressed", "socket")

    out: bytes | list[bytes] | None
    pressed: bool
    socket: SocketType


class Mailbox(Outlet):
    """The outgoing side of a connection.

    `paused`: the transport's buffer is over its mark and it will say when it is empty. It is `pressed` while the transport is
    paused or holes are not announced yet. `stalled`: the bound was passed. For the log: `delivered` is counted where a flow
    of entries begins or ends, `stalls` how often the bound was passed.
    """

    __slots__ = (
        "delivered",
        "flusher",
        "missed",
        "missed_other",
        "paused",
        "stalled",
        "stalls",
        "transport",
        "waiter",
        "wire",
    )

    transport: Transport
    wire: Wire

    def __init__(self, flusher: Flusher) -> None:
        self.flusher = flusher
        self.socket = NOWHERE
        self.out = None
        self.paused = False
        self.pressed = False
        self.stalled = False
        self.missed: dict[Channel, int] | None = None
        self.missed_other = False
        self.waiter: asyncio.Future[None] | None = None
        self.delivered = 0
        self.stalls = 0

    @property
    def gone(self) -> bool:
        """Whether nothing more can be said to this peer; a subclass may have closed what is not hung up yet."""
        return self.transport.is_closing()

    def write(self, frames: bytes) -> None:
        """Give these to the socket now, and what it does not take to the transport."""
        sent = 0
        if not self.paused and self.socket is not NOWHERE:
            with suppress(OSError):
                sent = self.socket.send(frames)
        if sent < len(frames):
            self.hand_over(frames, sent)

    def hand_over(self, frames: bytes, sent: int) -> None:
        """The transport keeps what the socket did not take, and knows what to do with a broken one."""
        with suppress(
            RuntimeError
        ):  # uvloop's word for a connection lost meanwhile; the others' frames go on
            self.transport.write(memoryview(frames)[sent:] if sent else frames)

    def flush(self) -> None:
        """Write what waits now, and not at the end of the loop turn."""
        out, self.out = self.out, None
        if out is not None:
            self.write(b"".join(out) if isinstance(out, list) else out)

    # ── putting in ──────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, frames: bytes) -> None:
        """Write these with the next flush, whatever waits already: replies, and what must not be lost.

        Who asks on and does not read is not read any more either.
        """
        if self.pressed and not self.stalled and self.backlog() > self.flusher.bound:
            self._stall()
        out = self.out
        if out is None:
            self.out = frames
            self.flusher.dirty.append(self)
            self.flusher.schedule()
        elif isinstance(out, list):
            out.append(frames)
        else:
            self.out = [out, frames]

    def offer(self, frames: bytes) -> None:
        """A push that belongs to no log: dropped while stalled, and made up for by asking again."""
        if self.pressed and not self._has_room(frames):
            self.missed_other = True
        else:
            self.put(frames)

    def offer_entries(self, frames: bytes, channel: "Channel", first: int) -> None:
        """Entries of a chat from seq `first` on: dropped while stalled or while their chat has a hole."""
        missed = self.missed
        if missed is not None and channel in missed:
            return
        if self._has_room(frames):
            self.put(frames)
        else:
            if self.missed is None:
                self.missed = {}
            self.missed[channel] = first - 1

    def _has_room(self, frames: bytes) -> bool:
        if self.stalled:
            return False
        if self.backlog() + len(frames) <= self.flusher.bound:
            return True
        self._stall()
        return False

    def _stall(self) -> None:
        self.stalled = True
        self.flusher.slow += 1
        self.stalls += 1
        self.transport.pause_reading()
        self.on_stall()

    def backlog(self) -> int:
        """Bytes that wait for the peer."""
        out = self.out
        mine = 0 if out is None else sum(map(len, out)) if isinstance(out, list) else len(out)
        return mine + self.transport.get_write_buffer_size()

    # ── what the transport says ─────────────────────────────────────────────────────────────────────────────────

    def pause_writing(self) -> None:
        """The peer reads slower than we write: weigh every push from now on."""
        self.paused = self.pressed = True
        self.flusher.pressed.add(self)

    def resume_writing(self) -> None:
        """The peer has taken everything."""
        self.paused = False
        if self.stalled:
            self.stalled = False
            self.read_on()
        if self.missed is None:
            self._relax()
        if self.missed or self.missed_other:
            self.on_drain()
        self._wake()

    def _relax(self) -> None:
        self.pressed = False
        self.flusher.pressed.discard(self)

    async def drained(self) -> None:
        """Wait for a peer that is far behind until it has taken everything."""
        if self.paused and not self.gone and self.backlog() > HIGH_WATER:
            if self.waiter is None:
                self.waiter = asyncio.get_running_loop().create_future()
            await asyncio.shield(self.waiter)

    def _wake(self) -> None:
        if self.waiter is not None:
            waiter, self.waiter = self.waiter, None
            waiter.set_result(None)

    def ask_again(self) -> None:
        """Tell the peer, now or once it has drained, to ask for its chats again."""
        if self.stalled:
            self.missed_other = True
        else:
            self.put(self.wire.frame(Resync()))

    def hole_closed(self, channel: "Channel") -> int | None:
        """The last seq this peer has of a chat with a hole; its flow goes on from now."""
        if self.missed is None:
            return None
        after = self.missed.pop(channel, None)
        if not self.missed:
            self.missed = None
            if not self.stalled and not self.paused:
                self._relax()
        if after is not None:
            self.delivered -= channel.served - after
        return after

    def entries_delivered(self) -> int:
        """How many it was given, once it has left its chats; those are not among them that fell into holes."""
        holes = (self.missed or {}).items()
        return self.delivered - sum(channel.served - after for channel, after in holes)

    def read_on(self) -> None:
        """The stall is over; a subclass may have another reason not to read yet."""
        self.transport.resume_reading()

    def on_stall(self) -> None:
        """The bound was passed; a subclass starts the clock."""

    def on_drain(self) -> None:
        """There are holes to announce; a subclass knows who can."""


def write_all(mailboxes: Sequence[Mailbox], frames: bytes) -> None:
    """The same to each of them, none of which is pressed or holds anything: the innermost loop of the server.

    It is a loop in C, because a delivery costs little more than its system call. A list that is extended keeps what it got
    before an error.
    """
    sockets = [each.socket for each in mailboxes]
    sent: list[int] = []
    while len(sent) < len(sockets):
        try:
            sent.extend(map(SocketType.send, islice(sockets, len(sent), None), repeat(frames)))
        except OSError:  # it is full, or broken, or only the transport may write
            sent.append(0)
    if sent.count(len(frames)) < len(sent):
        for mailbox, count in zip(mailboxes, sent, strict=True):
            if count < len(frames):
                mailbox.hand_over(frames, count)
