"""Pushes of protocol.md §2 that are not entries. Unknown fields and unknown types are ignored."""

import msgspec

from hubbub_client.wire.entries import Summary


class Push(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Something the server tells unasked."""


class Receipt(Push, frozen=True, kw_only=True, tag="receipt"):
    """How far a member got in a chat: `received` and `read` are seqs."""

    chat: str
    user: str
    received: int = 0
    read: int = 0


class Typing(Push, frozen=True, kw_only=True, tag="typing"):
    """Somebody types; ends by itself after 6 s."""

    chat: str
    user: str
    on: bool


class Presence(Push, frozen=True, kw_only=True, tag="presence"):
    """Somebody came or went; `last_seen` in ms since the epoch."""

    user: str
    online: bool
    last_seen: int | None = None


class ProfileChanged(Push, frozen=True, kw_only=True, tag="profile"):
    """Somebody is shown otherwise now; `avatar` is the path of a picture on the server."""

    user: str
    display_name: str = ""
    avatar: str | None = None


class Friend(Push, frozen=True, kw_only=True, tag="friend"):
    """A friendship was requested, accepted or removed (`change` says which)."""

    user: str
    change: str


class ChatVisible(Summary, Push, frozen=True, kw_only=True, tag="chat", tag_field="type"):
    """A chat became visible to this user; its flow starts at `head` + 1."""


class Resync(Push, frozen=True, kw_only=True, tag="resync"):
    """Entries `after`+1 ... `next`-1 were not pushed; without a chat: ask `chats` and `friends` again."""

    chat: str | None = None
    after: int = 0
    next: int = 1
    reset: bool = False


class Bye(Push, frozen=True, kw_only=True, tag="bye"):
    """This connection is about to be closed with `code`."""

    code: int
    reason: str = ""
    reconnect_in_ms: int | None = None


class ServerPing(Push, frozen=True, kw_only=True, tag="ping"):
    """The server's sign of life on framed TCP, to be answered with `pong` (protocol.md §1)."""


PUSHES: dict[str, type[Push]] = {
    "receipt": Receipt, "typing": Typing, "presence": Presence, "friend": Friend, "chat": ChatVisible,
    "profile": ProfileChanged, "resync": Resync, "bye": Bye, "ping": ServerPing,
}  # fmt: skip
