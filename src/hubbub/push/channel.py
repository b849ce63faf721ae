"""One chat on this node: who listens, how far the log was passed on, and what is still to be passed on, in order.

What happens to a channel is a queue of steps, so that joining, leaving and holes keep their place among the entries
however many slices it takes to serve a large room.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from hubbub.codec.wires import Encoded, Wire
from hubbub.model.chats import Chat
from hubbub.model.entries import Entry
from hubbub.model.replies import Resync
from hubbub.push.latency import Since
from hubbub.push.mailbox import BATCH, HIGH_WATER, Flusher, Mailbox, write_all
from hubbub.runtime.tracing import Span, trace_id

STEP_CHARS = 65_536  # of content in one step: beyond, the transport gets its turn before more is given to it
ENTRY_CHARS = 256  # what stands around the content


class Step(Protocol):
    """Something that happens to a channel. Gives the deliveries it made; `done` when nothing is left of it.

    After a `heavy` one the transports get their turn, so that a mailbox's bound is weighed before more is put in.
    """

    done: bool

    @property
    def heavy(self) -> bool: ...

    def run(self, channel: "Channel", flusher: Flusher, budget: int) -> int: ...


class Channel:
    """`position`: the last seq queued or passed on; `served`: the last seq passed on to all who listen.

    `reach`: the log is known to reach so far; beyond `position` where it is still being read (`filling`).
    """

    __slots__ = ("active", "chat", "filling", "listeners", "locals", "position", "reach", "served", "steps")

    def __init__(self, chat: Chat, position: int) -> None:
        self.chat = chat
        self.position = position
        self.reach = position
        self.served = position
        self.listeners: dict[Wire, dict[Mailbox, int]] = {}  # with the seq after which each one's flow began
        self.steps: deque[Step] = deque()
        self.locals = 0
        self.active = False
        self.filling = False

    def add(self, mailbox: Mailbox) -> None:
        """From now on this mailbox gets what is served."""
        self.listeners.setdefault(mailbox.wire, {})[mailbox] = self.served

    def drop(self, mailbox: Mailbox) -> None:
        """It gets nothing any more."""
        of_wire = self.listeners.get(mailbox.wire)
        if of_wire is not None:
            mailbox.delivered += self.served - of_wire.pop(mailbox, self.served)
            if not of_wire:
                del self.listeners[mailbox.wire]


class Entries:
    """Entries to pass on: encoded once per codec, then given to every listener, `budget` at a time.

    `own`: what some get in their place, where a reaction is theirs. `since`: from when their latency counts.
    """

    __slots__ = ("_at", "_chars", "_own", "_since", "_targets", "done", "entries", "heavy")

    def __init__(
        self, entries: list[Entry], since: Since, own: Mapping[Mailbox, Entry] | None = None
    ) -> None:
        self.entries = entries
        self._since = since
        self._own = own or {}
        self.done = False
        self.heavy = False
        self._chars = sum(map(_chars, entries))
        self._targets: list[tuple[bytes, list[Mailbox]]] | None = None
        self._at = 0

    def extend(self, more: Sequence[Entry]) -> bool:
        """Join later entries to this step, unless it has begun or would become too large."""
        chars = sum(map(_chars, more))
        if self._targets is not None or self._own or self._chars + chars > STEP_CHARS:
            return False
        self._chars += chars
        self.entries.extend(more)
        return True

    def run(self, channel: Channel, flusher: Flusher, budget: int) -> int:
        if self._targets is None:
            self._targets = self._addressed(channel)
            channel.served = self.entries[-1].seq
            self.heavy = any(len(frames) > HIGH_WATER for frames, _ in self._targets)
        made = 0
        while self._targets and made < budget:
            frames, targets = self._targets[-1]
            some = targets[self._at : self._at + min(BATCH, budget - made)]
            _deliver(frames, some, channel, self.entries[0].seq, flusher)
            made += len(some)
            self._at += len(some)
            if self._at >= len(targets):
                self._targets.pop()
                self._at = 0
        self.done = not self._targets
        flusher.latency.passed_on(self._since, made)
        return made

    def _addressed(self, channel: Channel) -> list[tuple[bytes, list[Mailbox]]]:
        encoded, own = Encoded(self.entries), self._own
        targets = [
            (encoded.on(wire), [each for each in those if each not in own] if own else list(those))
            for wire, those in channel.listeners.items()
        ]
        return targets + [
            (each.wire.frame(form), [each])
            for each, form in own.items()
            if each in channel.listeners.get(each.wire, ())
        ]


def _chars(entry: Entry) -> int:
    """About how much an entry holds, before it is encoded."""
    return ENTRY_CHARS + len(getattr(entry, "content", None) or "")


def _deliver(frames: bytes, targets: list[Mailbox], channel: Channel, first: int, flusher: Flusher) -> None:
    """Into the mailboxes; if nothing can follow in this turn of the loop, at once to who keeps up and has nothing waiting."""
    if flusher.last_step:
        busy = [each for each in targets if each.pressed or each.out is not None]
        idle = [each for each in targets if each not in busy] if busy else targets
        write_all(idle, frames)
        targets = busy
    dirty = flusher.dirty
    for mailbox in targets:
        out = mailbox.out
        if mailbox.pressed:
            mailbox.offer_entries(frames, channel, first)
        elif out is None:
            mailbox.out = frames
            dirty.append(mailbox)
        elif isinstance(out, list):
            out.append(frames)
        else:
            mailbox.out = [out, frames]


class FanOut:
    """Entries before this one were traced: all of this node's connections have been given them."""

    heavy = False

    __slots__ = ("_since", "_spans", "done")

    def __init__(self, spans: Sequence[Span], since: Since) -> None:
        self._spans = spans
        self._since = since
        self.done = False

    def run(self, channel: Channel, flusher: Flusher, _budget: int) -> int:
        deliveries = sum(map(len, channel.listeners.values()))
        for span in self._spans:
            trace = trace_id(span.traceparent)
            if trace is not None and deliveries:
                flusher.latency.traced(self._since, trace)
            span.end(chat=channel.chat.id, seq=channel.served, deliveries=deliveries)
        self.done = True
        return 1


class Attach:
    """A mailbox listens from here on."""

    heavy = False

    __slots__ = ("_mailbox", "done")

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.done = False

    def run(self, channel: Channel, _flusher: Flusher, _budget: int) -> int:
        if not self._mailbox.gone:
            channel.add(self._mailbox)
        self.done = True
        return 1


class Detach:
    """Mailboxes of somebody who is no member any more; nothing later reaches them.

    One that has a hole here did not hear why: its client asks for its chats again.
    """

    heavy = False

    __slots__ = ("_mailboxes", "done")

    def __init__(self, mailboxes: Sequence[Mailbox]) -> None:
        self._mailboxes = mailboxes
        self.done = False

    def run(self, channel: Channel, _flusher: Flusher, _budget: int) -> int:
        for mailbox in self._mailboxes:
            channel.drop(mailbox)
            if mailbox.hole_closed(channel) is not None:
                mailbox.ask_again()
        self.done = True
        return 1


class Announce:
    """A frame for some mailboxes at this place of the order (`chat` before the chat's first entry)."""

    heavy = False

    __slots__ = ("_envelope", "_mailboxes", "done")

    def __init__(self, mailboxes: Sequence[Mailbox], envelope: object) -> None:
        self._mailboxes = mailboxes
        self._envelope = envelope
        self.done = False

    def run(self, _channel: Channel, _flusher: Flusher, _budget: int) -> int:
        for mailbox in self._mailboxes:
            mailbox.put(mailbox.wire.frame(self._envelope))
        self.done = True
        return len(self._mailboxes)


class CloseHole:
    """A mailbox that was stalled takes part again: say what it missed."""

    heavy = False

    __slots__ = ("_mailbox", "done")

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.done = False

    def run(self, channel: Channel, _flusher: Flusher, _budget: int) -> int:
        after = self._mailbox.hole_closed(channel)
        if after is not None:
            hole = Resync(chat=channel.chat.id, after=after, next=channel.served + 1)
            self._mailbox.put(self._mailbox.wire.frame(hole))
        self.done = True
        return 1
