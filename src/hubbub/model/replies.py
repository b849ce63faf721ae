"""What the server answers and tells (docs/protocol.md §2): replies carry the request's `id`, pushes carry none.

A field that is always on the wire has no default; optional fields are left out when they are None.
"""

from typing import Literal

from msgspec import Struct

from hubbub.model.entries import Entry


class Reply(Struct, kw_only=True, omit_defaults=True, dict=True):
    """An answer. `id` is filled in by the dispatcher."""

    id: int | None = None

    @property
    def repeats(self) -> bool:
        """Whether nothing was made: a retry, or it was so already. HTTP shows it as a status; no wire carries it."""
        return "_repeats" in self.__dict__

    def mark_repeated(self) -> None:
        """Nothing was made for this answer."""
        self.__dict__["_repeats"] = True


class Push(Struct, kw_only=True, omit_defaults=True, gc=False):
    """Something the client did not ask for."""


class Summary(Struct, kw_only=True, omit_defaults=True, gc=False):
    """One chat as its member sees it in a list. `unread` counts messages of others after `read`."""

    chat: str
    msg_type: str
    name: str
    peer: str | None = None
    public: bool | None = None
    role: str | None = None
    head: int
    received: int
    read: int
    unread: int
    last: Entry | None = None


class Welcome(Reply, tag="welcome", kw_only=True):
    """The conversation is open; every chat's flow starts where `head` says."""

    user: str
    device: str
    session: str
    epoch: str
    server_time: int
    heartbeat_ms: int
    chats: list[Summary]
    more: bool
    gone: list[str]
    heads: dict[str, int] | None = None


class Sent(Reply, tag="sent", kw_only=True):
    """The message is durable under this seq, for ever."""

    msg_id: str
    chat: str
    seq: int
    ts: int
    duplicate: bool


class Done(Reply, tag="done", kw_only=True):
    """The change is durable; `seq` is its entry's (or the head where nothing changed)."""

    chat: str
    seq: int
    ts: int


class Ok(Reply, tag="ok", kw_only=True):
    """It is so now."""


class Page(Reply, tag="page", kw_only=True):
    """Entries in rising seq; `more` in the direction asked."""

    chat: str
    entries: list[Entry]
    more: bool


class ChatList(Reply, tag="chats", kw_only=True):
    """Summaries in the order of chat ids."""

    chats: list[Summary]
    more: bool


class RoomMade(Reply, tag="room", kw_only=True):
    """The new room."""

    chat: str
    name: str
    public: bool
    role: str
    seq: int


class RoomListing(Struct, kw_only=True, gc=False):
    """A public room in the directory."""

    chat: str
    name: str
    members: int


class RoomList(Reply, tag="rooms", kw_only=True):
    """Public rooms in the order of chat ids."""

    rooms: list[RoomListing]
    more: bool


class MemberListing(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A member as the others see them."""

    user: str
    display_name: str
    role: str
    muted_until: int | None = None
    read: int
    received: int


class MemberList(Reply, tag="members", kw_only=True):
    """Members in the order of their names."""

    members: list[MemberListing]
    more: bool


class FriendLists(Reply, tag="friends", kw_only=True):
    """Users, each list sorted."""

    friends: list[str]
    incoming: list[str]
    outgoing: list[str]
    blocked: list[str]


class ProfileListing(Struct, kw_only=True, omit_defaults=True, gc=False):
    """How a user wants to be shown."""

    user: str
    display_name: str
    avatar: str | None = None


class ProfileList(Reply, tag="profiles", kw_only=True):
    """Those of the asked users that exist."""

    profiles: list[ProfileListing]


class PresenceListing(Struct, kw_only=True, gc=False):
    """`last_seen` in ms, or None where the asker may not know."""

    user: str
    online: bool
    last_seen: int | None


class PresenceList(Reply, tag="presences", kw_only=True):
    """One per asked user."""

    presences: list[PresenceListing]


class Pong(Reply, tag="pong", kw_only=True):
    """Here."""


class ErrorReply(Reply, tag="error", kw_only=True):
    """Refused; nothing was changed."""

    code: str
    message: str
    retry_after_ms: int | None = None


class ReceiptPush(Push, tag="receipt", kw_only=True):
    """How far a member's devices and eyes are."""

    chat: str
    user: str
    received: int
    read: int


class TypingPush(Push, tag="typing", kw_only=True):
    """Somebody is typing; ends by itself after 6 s."""

    chat: str
    user: str
    on: bool


class PresencePush(Push, tag="presence", kw_only=True):
    """Somebody came or went."""

    user: str
    online: bool
    last_seen: int | None


class ProfilePush(Push, tag="profile", kw_only=True):
    """Somebody one sees wants to be shown otherwise."""

    user: str
    display_name: str
    avatar: str | None = None


class FriendPush(Push, tag="friend", kw_only=True):
    """Something changed between you and `user`."""

    user: str
    change: Literal["requested", "accepted", "removed"]


class ChatPush(Summary, tag="chat", kw_only=True):
    """A chat became visible: its summary; its flow starts at `head` + 1."""


class PingPush(Push, tag="ping", kw_only=True):
    """A sign of life is asked for; only framed TCP says it, as WebSocket has frames for it."""


class Resync(Push, tag="resync", kw_only=True):
    """Entries after+1 … next-1 were not pushed; without `chat`: ask `chats` and `friends` again."""

    chat: str | None = None
    after: int | None = None
    next: int | None = None
    reset: bool = False


class Bye(Push, tag="bye", kw_only=True):
    """This connection is about to be closed."""

    code: int
    reason: str
    reconnect_in_ms: int | None = None
