"""Entries of a chat's log and summaries of chats (protocol.md §2), as they stand in pushes, pages and lists."""

from typing import Any, Literal

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Something that changes what a chat's transcript shows. `seq` runs 1, 2, 3, ... without holes."""

    chat: str
    seq: int


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """How many put one emoji on a message, and whether this user did."""

    count: int
    mine: bool = False


class Message(Entry, frozen=True, kw_only=True, tag="message"):
    """A message; in replays and history in its present form, which includes every change up to `as_of`."""

    ts: int
    msg_id: str = ""
    msg_type: Literal["group", "private"]
    sender: str = msgspec.field(name="from")
    to: str = ""
    content: str | None = None
    reply_to: int | None = None
    edited: int | None = None
    deleted: bool = False
    reactions: dict[str, Reaction] = {}
    as_of: int = 0


class Edited(Entry, frozen=True, kw_only=True, tag="edited"):
    """The message at `target` got new content; none when it was deleted since."""

    ts: int
    sender: str = msgspec.field(name="from")
    target: int
    content: str | None = None
    deleted: bool = False


class Deleted(Entry, frozen=True, kw_only=True, tag="deleted"):
    """The message at `target` was erased."""

    ts: int
    sender: str = msgspec.field(name="from")
    target: int


class Reacted(Entry, frozen=True, kw_only=True, tag="reacted"):
    """A reaction was put on the message at `target`, or taken off."""

    ts: int
    sender: str = msgspec.field(name="from")
    target: int
    emoji: str
    on: bool


class Member(Entry, frozen=True, kw_only=True, tag="member"):
    """Somebody joined, left, was kicked, banned, unbanned, muted, or got a role (`change` says which)."""

    ts: int
    sender: str = msgspec.field(name="from")
    user: str
    change: str
    until: int | None = None
    role: str | None = None


class Renamed(Entry, frozen=True, kw_only=True, tag="renamed"):
    """The room has a new name."""

    ts: int
    sender: str = msgspec.field(name="from")
    name: str


class UnknownEntry(Entry, frozen=True, kw_only=True, tag=""):
    """An entry of a kind this version does not know: it keeps its place in the order and shows nothing."""


ENTRIES: dict[str, type[Entry]] = {
    "message": Message, "edited": Edited, "deleted": Deleted, "reacted": Reacted, "member": Member,
    "renamed": Renamed,
}  # fmt: skip


def entry_from(fields: dict[str, Any], chat: str = "") -> Entry:
    """The entry in a decoded object; an unknown kind becomes UnknownEntry. Raises msgspec.ValidationError."""
    kind = ENTRIES.get(str(fields.get("type")))
    if kind is not None:
        return msgspec.convert({"chat": chat, **fields}, kind)
    return msgspec.convert({"chat": chat, **fields, "type": ""}, UnknownEntry)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One of this user's chats. `role` and `public` belong to rooms, `peer` to private chats."""

    chat: str
    msg_type: Literal["group", "private"]
    name: str = ""
    peer: str | None = None
    public: bool | None = None
    role: str | None = None
    head: int
    received: int = 0
    read: int = 0
    unread: int = 0
    last: dict[str, Any] | None = None

    @property
    def newest(self) -> Entry | None:
        """The last entry, in its present form."""
        return None if self.last is None else entry_from(self.last, self.chat)
