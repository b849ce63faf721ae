"""Replies of protocol.md §2. Unknown fields are ignored."""

from typing import Any

import msgspec

from hubbub_client.wire.entries import Entry, Summary, entry_from


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """The one answer to a request."""


class Error(Reply, frozen=True, kw_only=True, tag="error"):
    """A refusal: nothing was changed (protocol.md §3.6). Without an id it is a push."""

    code: str
    message: str = ""
    retry_after_ms: int | None = None


class Welcome(Reply, frozen=True, kw_only=True, tag="welcome"):
    """The answer to hello; precedes every push."""

    user: str
    device: str = ""
    session: str = ""
    epoch: str
    server_time: int = 0
    heartbeat_ms: int = 30_000
    chats: list[Summary] = []
    more: bool = False
    heads: dict[str, int] = {}
    gone: list[str] = []


class Sent(Reply, frozen=True, kw_only=True, tag="sent"):
    """The message is durable at `seq`."""

    msg_id: str
    chat: str
    seq: int
    ts: int
    duplicate: bool = False


class Done(Reply, frozen=True, kw_only=True, tag="done"):
    """The change is durable as the entry at `seq`."""

    chat: str
    seq: int
    ts: int = 0


class Ok(Reply, frozen=True, kw_only=True, tag="ok"):
    """Done, with nothing to tell."""


class Page(Reply, frozen=True, kw_only=True, tag="page"):
    """A piece of history, ascending by seq; `more` in the direction that was asked for."""

    chat: str
    raw: list[dict[str, Any]] = msgspec.field(name="entries", default_factory=list)
    more: bool = False

    @property
    def entries(self) -> list[Entry]:
        """The entries; unknown kinds keep their place. Raises msgspec.ValidationError."""
        return [entry_from(fields, self.chat) for fields in self.raw]


class Chats(Reply, frozen=True, kw_only=True, tag="chats"):
    """Own chats."""

    chats: list[Summary]
    more: bool = False


class Room(Reply, frozen=True, kw_only=True, tag="room"):
    """The room that was made."""

    chat: str
    name: str
    public: bool = False
    role: str = "owner"
    seq: int = 0


class PublicRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A room anybody may join, with its number of members."""

    chat: str
    name: str
    members: int = 0


class Rooms(Reply, frozen=True, kw_only=True, tag="rooms"):
    """Public rooms."""

    rooms: list[PublicRoom]
    more: bool = False


class RoomMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member and how far it got: `read` and `received` are seqs."""

    user: str
    display_name: str = ""
    role: str = "member"
    muted_until: int | None = None
    read: int = 0
    received: int = 0


class Members(Reply, frozen=True, kw_only=True, tag="members"):
    """Members of a room."""

    members: list[RoomMember]
    more: bool = False


class Friends(Reply, frozen=True, kw_only=True, tag="friends"):
    """Friends, requests to answer, requests unanswered, blocked users."""

    friends: list[str] = []
    incoming: list[str] = []
    outgoing: list[str] = []
    blocked: list[str] = []


class UserProfile(msgspec.Struct, frozen=True, kw_only=True):
    """How a user wants to be shown."""

    user: str
    display_name: str = ""
    avatar: str | None = None


class Profiles(Reply, frozen=True, kw_only=True, tag="profiles"):
    """Profiles of the users asked for."""

    profiles: list[UserProfile]


class UserPresence(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a user is online, else when last (ms since the epoch; none if it may not be seen)."""

    user: str
    online: bool
    last_seen: int | None = None


class Presences(Reply, frozen=True, kw_only=True, tag="presences"):
    """Presence of the users asked for."""

    presences: list[UserPresence]


class Pong(Reply, frozen=True, kw_only=True, tag="pong"):
    """The peer is alive."""


REPLIES: dict[str, type[Reply]] = {
    "error": Error, "welcome": Welcome, "sent": Sent, "done": Done, "ok": Ok, "page": Page, "chats": Chats,
    "room": Room, "rooms": Rooms, "members": Members, "friends": Friends, "profiles": Profiles,
    "presences": Presences, "pong": Pong,
}  # fmt: skip
