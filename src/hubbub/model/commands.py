"""What a client may ask (docs/protocol.md §2): one Struct per request, the same for every transport and codec.

Decoding refuses unknown fields and wrong types. Lengths that are settings are checked by the use cases.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

U32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
Target = Annotated[int, Meta(ge=1, le=2**53)]
MsgId = Annotated[str, Meta(min_length=1, max_length=64)]
Device = Annotated[str, Meta(min_length=1, max_length=64)]
Millis = Annotated[int, Meta(ge=0, le=2**53)]
MsgType = Literal["group", "private"]
Role = Literal["owner", "admin", "member"]
ChatsWanted = Literal["all", "changed", "none"]
Users = Annotated[list[str], Meta(max_length=200)]
MAX_PAGE = 300
Limit = Annotated[int, Meta(ge=1, le=MAX_PAGE)]


class Command(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A request: `id` is the client's, echoed by its one reply; `traceparent` is W3C trace context."""

    id: U32
    traceparent: str | None = None


class Write(Command, kw_only=True):
    """A request that changes something: a retry with the same `msg_id` gets the first reply again."""

    msg_id: MsgId | None = None


class Hello(Command, tag="hello", kw_only=True):
    """Opens the conversation on a connection."""

    token: str | None = None
    device: Device | None = None
    epoch: str | None = None
    cursors: dict[str, Seq] | None = None
    chats: ChatsWanted = "all"


class Send(Command, tag="send", kw_only=True):
    """A new message to a room (`to`: chat id) or to a person (`to`: user)."""

    msg_type: MsgType
    to: str
    content: str
    msg_id: MsgId
    reply_to: Target | None = None


class Edit(Write, tag="edit", kw_only=True):
    """New content for one's own message."""

    chat: str
    seq: Target
    content: str


class Delete(Write, tag="delete", kw_only=True):
    """Erase a message: one's own, or any with the right to."""

    chat: str
    seq: Target


class React(Write, tag="react", kw_only=True):
    """Put (`on`) or take back a reaction."""

    chat: str
    seq: Target
    emoji: str
    on: bool


class Received(Write, tag="received", kw_only=True):
    """This user's devices have everything up to `seq`."""

    chat: str
    seq: Seq


class Read(Write, tag="read", kw_only=True):
    """This user has read up to `seq`."""

    chat: str
    seq: Seq


class History(Command, tag="history", kw_only=True):
    """A page of entries, `before` or `after` a seq (exclusive), else the newest."""

    chat: str
    before: Seq | None = None
    after: Seq | None = None
    limit: Limit = 50


class Chats(Command, tag="chats", kw_only=True):
    """Summaries of one's chats, in the order of their ids."""

    after: str | None = None


class CreateRoom(Write, tag="create_room", kw_only=True):
    """A new room; its creator is its owner."""

    name: str
    public: bool = False


class Rooms(Command, tag="rooms", kw_only=True):
    """The directory of public rooms."""

    query: str | None = None
    after: str | None = None


class Join(Write, tag="join", kw_only=True):
    """Become a member of a public room."""

    chat: str


class Leave(Write, tag="leave", kw_only=True):
    """Stop being a member."""

    chat: str


class Rename(Write, tag="rename", kw_only=True):
    """A new name for a room."""

    chat: str
    name: str


class Invite(Write, tag="invite", kw_only=True):
    """Make a friend a member."""

    chat: str
    user: str


class Kick(Write, tag="kick", kw_only=True):
    """Remove a member; they may come back."""

    chat: str
    user: str


class Ban(Write, tag="ban", kw_only=True):
    """Remove a user; they may not come back."""

    chat: str
    user: str


class Unban(Write, tag="unban", kw_only=True):
    """Let a banned user come back."""

    chat: str
    user: str


class Mute(Write, tag="mute", kw_only=True):
    """Take a member's voice until `until` (ms since the epoch; 0 gives it back)."""

    chat: str
    user: str
    until: Millis


class SetRole(Write, tag="set_role", kw_only=True):
    """Give a member another role."""

    chat: str
    user: str
    role: Role


class Members(Command, tag="members", kw_only=True):
    """Who is in a chat, in the order of their names."""

    chat: str
    after: str | None = None
    limit: Limit = 100


class Befriend(Write, tag="befriend", kw_only=True):
    """Ask somebody to be a friend."""

    user: str


class Accept(Write, tag="accept", kw_only=True):
    """Say yes to a friend request."""

    user: str


class Decline(Write, tag="decline", kw_only=True):
    """Say no to a friend request."""

    user: str


class Unfriend(Write, tag="unfriend", kw_only=True):
    """End a friendship, or take back one's request."""

    user: str


class Block(Write, tag="block", kw_only=True):
    """Hear nothing from a user any more, in private."""

    user: str


class Unblock(Write, tag="unblock", kw_only=True):
    """End a block."""

    user: str


class Friends(Command, tag="friends", kw_only=True):
    """Friends, requests and blocks of the caller."""


class Profile(Command, tag="profile", kw_only=True):
    """Names and pictures of users."""

    users: Users


class Typing(Struct, tag="typing", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The caller is typing, or stopped. No reply, and no `id` needed."""

    chat: str
    on: bool
    id: U32 | None = None
    traceparent: str | None = None


class Presence(Command, tag="presence", kw_only=True):
    """Who is online, and when the others were."""

    users: Users


class Ping(Command, tag="ping", kw_only=True):
    """A sign of life; the server answers with one."""


AnyCommand = (
    Hello | Send | Edit | Delete | React | Received | Read | History | Chats | CreateRoom | Rooms | Join | Leave
    | Rename | Invite | Kick | Ban | Unban | Mute | SetRole | Members | Befriend | Accept | Decline | Unfriend
    | Block | Unblock | Friends | Profile | Typing | Presence | Ping
)  # fmt: skip
