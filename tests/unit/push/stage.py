"""A hub whose turns, transports and log belong to the test."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from hubbub.codec.wires import JSON, Wire
from hubbub.model.chats import GROUP, Chat, Member
from hubbub.model.entries import Entry, MemberChanged, Message
from hubbub.model.proposals import Committed
from hubbub.push.channel import Channel
from hubbub.push.hub import Hub
from hubbub.push.mailbox import Flusher, Mailbox
from hubbub.push.resume import describe
from hubbub.testing.transport import ManualTransport

LINES = Wire("lines", JSON, lambda payload: payload + b"\n")
OTHER_LINES = Wire("other lines", JSON, lambda payload: payload + b"\n")


class StillFlusher(Flusher):
    """Flushes when the test says so."""

    scheduled = False

    def schedule(self) -> None:
        self.scheduled = True

    def flush_all(self) -> None:
        """As many turns as there is something to do."""
        self.scheduled = True
        while self.scheduled:
            self.scheduled = False
            self.flush()


class Peer(Mailbox):
    """A connection and the client behind it."""

    __slots__ = ("__weakref__", "hub", "manual", "user")

    def __init__(self, hub: Hub, flusher: Flusher, user: str, *, high: int, wire: Wire = LINES) -> None:
        super().__init__(flusher)
        self.hub = hub
        self.user = user
        self.wire = wire
        self.transport = self.manual = ManualTransport(self, high=high)

    def on_drain(self) -> None:
        self.hub.drained(self)

    def heard(self) -> list[dict[str, Any]]:
        """What the client has read since the last time."""
        *lines, begun = self.manual.take().split(b"\n")
        self.manual.sent += begun
        return [json.loads(line) for line in lines]


class Stage:
    """Chats with their logs, and the hub that passes them on."""

    def __init__(self, *, bound: float = 2**20, high: int = 65_536) -> None:
        self.high = high
        self.now = 0
        self.flusher = StillFlusher(outgoing_bytes=bound, clock=lambda: self.now)
        self.asked: list[Channel] = []
        self.hub = Hub(self.flusher, partial(describe, name_of=str), self.asked.append)
        self.chats: dict[str, Chat] = {}
        self.logs: dict[str, list[Entry]] = {}

    def chat(self, name: str, *members: str) -> Chat:
        made = Chat(id=name, msg_type=GROUP, members={user: Member() for user in members})
        self.chats[name], self.logs[name] = made, []
        return made

    def come(self, user: str, wire: Wire = LINES) -> Peer:
        """Another connection of the user says hello: it listens to all chats from their positions on."""
        peer = Peer(self.hub, self.flusher, user, high=self.high, wire=wire)
        local = self.hub.expect(user)
        mine = [chat for chat in self.chats.values() if user in chat.members]
        channels = self.hub.settle(local, mine)
        self.hub.enter(local, peer)
        for channel in channels.values():
            self.hub.attach(channel, peer)
        return peer

    def go(self, peer: Peer) -> None:
        """The connection is lost."""
        peer.manual.abort()
        local = self.hub.local(peer.user)
        if local is not None:
            self.hub.leave(local, peer)

    def commit(self, chat: str, *entries: Entry) -> Committed:
        """What the journal does: number, keep, settle."""
        log, kept = self.logs[chat], self.chats[chat]
        for entry in entries:
            log.append(entry)
            entry.seq = kept.head = len(log)
            kept.last = entry
            if isinstance(entry, MemberChanged) and entry.change == "joined":
                kept.members[entry.user] = Member(since=entry.seq)
            elif isinstance(entry, MemberChanged):
                kept.members.pop(entry.user, None)
        return Committed(chat=kept, entries=list(entries), ordinals=[0] * len(entries))

    def say(self, chat: str, count: int = 1, content: str = "hi") -> Committed:
        return self.commit(chat, *(said(chat, content) for _ in range(count)))

    def publish(self, *committed: Committed) -> None:
        self.hub.publish(committed)

    def fill(self) -> None:
        """Every gap that is being read is read."""
        asked = self.asked[:]
        self.asked.clear()
        for channel in asked:
            self.hub.filled(channel, self.logs[channel.chat.id][channel.position :])

    def compare(self) -> None:
        """Positions are compared with heads, and gaps read: after this nothing is missing."""
        for _ in range(2):
            self.fill()
            for name, log in self.logs.items():
                channel = self.hub.channel(name)
                if channel is not None and channel.position < len(log) and not channel.filling:
                    channel.filling = True
                    self.asked.append(channel)

    def flush(self) -> None:
        self.flusher.flush_all()


def said(chat: str, content: str = "hi") -> Message:
    return Message(chat=chat, sender="alice", msg_id="m", msg_type=GROUP, to=chat, content=content, ts=1)


def changed(chat: str, user: str, change: Any) -> MemberChanged:  # noqa: ANN401 - a Change
    return MemberChanged(chat=chat, sender="alice", user=user, change=change, ts=1)


def seqs(heard: Sequence[dict[str, Any]]) -> list[int]:
    return [envelope["seq"] for envelope in heard if "seq" in envelope]
