"""The log of a chat (docs/protocol.md §2): everything that changes its transcript, one Struct per kind.

The same Struct is what the journal numbers, the database keeps and the wire carries. The optional fields of
`Message` below `reply_to` are its present form: what later entries made of it.
"""

from typing import Literal

from msgspec import Struct, field

Change = Literal["joined", "left", "kicked", "banned", "unbanned", "muted", "role"]
REMOVALS = frozenset({"left", "kicked", "banned"})


class Reaction(Struct, gc=False):
    """How often one emoji was given, and whether the reader gave it."""

    count: int
    mine: bool


class EntryBase(Struct, kw_only=True, omit_defaults=True, gc=False):
    """What every entry has. `seq` and `ts` (ms) are given by the journal; 0 until then."""

    chat: str
    seq: int = field(default=-1)
    ts: int = field(default=-1)
    sender: str = field(name="from")


class Message(EntryBase, tag="message", kw_only=True, gc=True):
    """Something said. `to` is the room's chat id or, in private, the other user."""

    msg_id: str
    msg_type: str
    to: str
    content: str | None = None
    reply_to: int | None = None
    edited: int | None = None
    deleted: bool = False
    reactions: dict[str, Reaction] | None = None
    as_of: int | None = None


class Edited(EntryBase, tag="edited", kw_only=True):
    """Message `target` got other content; `deleted` (and no content) once the message was erased."""

    target: int
    content: str | None = None
    deleted: bool = False


class Deleted(EntryBase, tag="deleted", kw_only=True):
    """Message `target` was erased."""

    target: int


class Reacted(EntryBase, tag="reacted", kw_only=True):
    """A reaction to message `target` was put or taken back."""

    target: int
    emoji: str
    on: bool


class MemberChanged(EntryBase, tag="member", kw_only=True):
    """Somebody came, went, or has other rights now."""

    user: str
    change: Change
    until: int | None = None
    role: str | None = None


class Renamed(EntryBase, tag="renamed", kw_only=True):
    """The room has another name."""

    name: str


Entry = Message | Edited | Deleted | Reacted | MemberChanged | Renamed
