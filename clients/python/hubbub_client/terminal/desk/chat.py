"""One chat: what is known of it, what stands in it, and what is on its way. Pure."""

import re
from dataclasses import dataclass, field
from enum import Enum

from msgspec.structs import replace

from hubbub_client.events import Message, Receipt
from hubbub_client.terminal.desk.log import Log
from hubbub_client.terminal.wording import label
from hubbub_client.wire.entries import Summary
from hubbub_client.wire.replies import RoomMember

TYPING_MS = 6_000
"""Typing ends by itself after this (protocol.md §2)."""


class Fate(Enum):
    """How far one's own message has come, once the server has it."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


@dataclass(slots=True)
class Pending:
    """A message on its way. `trouble`: why it was refused; then it waits for the person."""

    msg_id: str
    content: str
    ts: int
    reply_to: int | None = None
    trouble: str = ""


@dataclass(slots=True)
class Chat:
    """`read`: how far this user has read. `new_after`: where the line above what is new stands."""

    summary: Summary
    log: Log
    unread: int = 0
    mentions: int = 0
    read: int = 0
    active_ts: int = 0
    new_after: int | None = None
    draft: str = ""
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    typing: dict[str, int] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    members: list[RoomMember] | None = None
    counted_to: int = 0

    @classmethod
    def of(cls, summary: Summary, me: str) -> "Chat":
        """A chat as the server tells of it."""
        chat = cls(summary, Log(me))
        chat.learn(summary, me)
        return chat

    def learn(self, summary: Summary, me: str) -> None:
        """Its summary, newly told. Of what is unread it holds the last, so a name in that is seen, too."""
        self.summary, self.unread, self.read = summary, summary.unread, max(self.read, summary.read)
        self.counted_to = summary.head
        newest = summary.newest
        self.active_ts = max(self.active_ts, getattr(newest, "ts", 0))
        named = isinstance(newest, Message) and names(newest.content or "", me)
        self.mentions = max(self.mentions, int(named)) if self.unread else 0

    @property
    def id(self) -> str:
        """The chat's id."""
        return self.summary.chat

    @property
    def peer(self) -> str | None:
        """The other one of a private chat."""
        return self.summary.peer

    @property
    def label(self) -> str:
        """How it is called: a room by its name, a private chat by @user."""
        return label(self.summary, self.id)

    @property
    def role(self) -> str:
        """What this user is in a room."""
        return self.summary.role or ""

    def rename(self, name: str) -> None:
        """The room has another name."""
        self.summary = replace(self.summary, name=name)

    def promote(self, role: str) -> None:
        """This user has another role."""
        self.summary = replace(self.summary, role=role)

    # What arrives

    def hear(self, message: Message, me: str) -> None:
        """A message that was not counted before: somebody typed it, and it is unread unless this user wrote it."""
        self.typing.pop(message.sender, None)
        self.active_ts = max(self.active_ts, message.ts)
        counted, self.counted_to = self.counted_to, max(self.counted_to, message.seq)
        if message.sender == me:
            self.pending = [each for each in self.pending if each.msg_id != message.msg_id]
            self.seen(message.seq)
        elif message.seq > max(counted, self.read):
            self.unread += 1
            self.mentions += names(message.content or "", me)

    def seen(self, seq: int) -> None:
        """This user has read up to `seq`, here or on another device."""
        self.read = max(self.read, seq)
        if self.read >= self.counted_to:
            self.unread = self.mentions = 0

    def marked(self, receipt: Receipt) -> None:
        """Somebody else has got or read up to a seq."""
        received, read = self.marks.get(receipt.user, (0, 0))
        self.marks[receipt.user] = max(received, receipt.received, receipt.read), max(read, receipt.read)

    def learn_members(self, members: list[RoomMember], me: str) -> None:
        """Who is here, and how far each has got."""
        self.members = members
        for member in members:
            if member.user != me:
                self.marks[member.user] = member.received, member.read

    # What is shown

    def fate(self, seq: int) -> Fate:
        """How far this user's message has come: in a room, with the first of the others."""
        received = max((mark[0] for mark in self.marks.values()), default=0)
        read = max((mark[1] for mark in self.marks.values()), default=0)
        if read >= seq:
            return Fate.READ
        return Fate.DELIVERED if received >= seq else Fate.SENT

    def typists(self, now_ms: int) -> list[str]:
        """Who types now."""
        return sorted(user for user, until in self.typing.items() if until > now_ms)


def names(content: str, user: str) -> bool:
    """Whether a text speaks to somebody: @user, as a word of its own."""
    return re.search(rf"(?<![\w@.-])@{re.escape(user)}(?![\w-])", content, re.IGNORECASE) is not None
