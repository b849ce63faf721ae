"""Requests of protocol.md §2, one Struct each. A field that keeps its default is not sent."""

from typing import ClassVar, Literal

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """A request. `writes` says whether it may change something, so that a retry needs its `msg_id`.

    `traceparent` (W3C Trace Context) names the span it belongs to.
    """

    writes: ClassVar[bool] = False
    traceparent: str | None = None


class Write(Request, frozen=True, kw_only=True, omit_defaults=True):
    """A request that changes something; the same `msg_id` (1-64 characters) names the same thing for ever."""

    writes: ClassVar[bool] = True
    msg_id: str


class Hello(Request, frozen=True, kw_only=True, omit_defaults=True, tag="hello"):
    """The first request on every connection."""

    token: str
    device: str | None = None
    epoch: str | None = None
    cursors: dict[str, int] | None = None
    chats: Literal["all", "changed", "none"] | None = None


class Send(Write, frozen=True, kw_only=True, omit_defaults=True, tag="send"):
    """A message: `to` is a chat id when `msg_type` is group, a user when it is private."""

    msg_type: Literal["group", "private"]
    to: str
    content: str
    reply_to: int | None = None


class Edit(Write, frozen=True, kw_only=True, omit_defaults=True, tag="edit"):
    """New content for the message at `seq`."""

    chat: str
    seq: int
    content: str


class Delete(Write, frozen=True, kw_only=True, omit_defaults=True, tag="delete"):
    """Erase the message at `seq`."""

    chat: str
    seq: int


class React(Write, frozen=True, kw_only=True, omit_defaults=True, tag="react"):
    """Put a reaction on the message at `seq`, or take it off."""

    chat: str
    seq: int
    emoji: str
    on: bool


class Received(Request, frozen=True, kw_only=True, omit_defaults=True, tag="received"):
    """Everything up to `seq` reached this user."""

    chat: str
    seq: int


class Read(Request, frozen=True, kw_only=True, omit_defaults=True, tag="read"):
    """Everything up to `seq` was seen by this user."""

    chat: str
    seq: int


class History(Request, frozen=True, kw_only=True, omit_defaults=True, tag="history"):
    """At most 300 entries before or after a seq (exclusive); the newest when neither is given."""

    chat: str
    before: int | None = None
    after: int | None = None
    limit: int | None = None


class ListChats(Request, frozen=True, kw_only=True, omit_defaults=True, tag="chats"):
    """Own chats, from the one after `after`."""

    after: str | None = None


class CreateRoom(Write, frozen=True, kw_only=True, omit_defaults=True, tag="create_room"):
    """A new room owned by this user; `name` is 1-80 characters."""

    name: str
    public: bool = False


class ListRooms(Request, frozen=True, kw_only=True, omit_defaults=True, tag="rooms"):
    """Public rooms."""

    query: str | None = None
    after: str | None = None


class Join(Write, frozen=True, kw_only=True, omit_defaults=True, tag="join"):
    """Become a member."""

    chat: str


class Leave(Write, frozen=True, kw_only=True, omit_defaults=True, tag="leave"):
    """Be a member no longer."""

    chat: str


class Rename(Write, frozen=True, kw_only=True, omit_defaults=True, tag="rename"):
    """A new name for a room."""

    chat: str
    name: str


class Invite(Write, frozen=True, kw_only=True, omit_defaults=True, tag="invite"):
    """Bring a friend into a room."""

    chat: str
    user: str


class Kick(Write, frozen=True, kw_only=True, omit_defaults=True, tag="kick"):
    """Remove a member, who may come back."""

    chat: str
    user: str


class Ban(Write, frozen=True, kw_only=True, omit_defaults=True, tag="ban"):
    """Remove a user for good."""

    chat: str
    user: str


class Unban(Write, frozen=True, kw_only=True, omit_defaults=True, tag="unban"):
    """Let a banned user come back."""

    chat: str
    user: str


class Mute(Write, frozen=True, kw_only=True, omit_defaults=True, tag="mute"):
    """Silence a member until a time in ms since the epoch; 0 ends it."""

    chat: str
    user: str
    until: int


class SetRole(Write, frozen=True, kw_only=True, omit_defaults=True, tag="set_role"):
    """Make a member owner, admin or plain member."""

    chat: str
    user: str
    role: Literal["owner", "admin", "member"]


class ListMembers(Request, frozen=True, kw_only=True, omit_defaults=True, tag="members"):
    """Members of a room, from the one after `after`."""

    chat: str
    after: str | None = None
    limit: int | None = None


class Befriend(Write, frozen=True, kw_only=True, omit_defaults=True, tag="befriend"):
    """Ask somebody to be friends."""

    user: str


class Accept(Write, frozen=True, kw_only=True, omit_defaults=True, tag="accept"):
    """Say yes to a friend request."""

    user: str


class Decline(Write, frozen=True, kw_only=True, omit_defaults=True, tag="decline"):
    """Say no to a friend request."""

    user: str


class Unfriend(Write, frozen=True, kw_only=True, omit_defaults=True, tag="unfriend"):
    """End a friendship."""

    user: str


class Block(Write, frozen=True, kw_only=True, omit_defaults=True, tag="block"):
    """Hear nothing more from somebody in private."""

    user: str


class Unblock(Write, frozen=True, kw_only=True, omit_defaults=True, tag="unblock"):
    """Take a block back."""

    user: str


class ListFriends(Request, frozen=True, kw_only=True, omit_defaults=True, tag="friends"):
    """Friends, requests both ways, blocked users."""


class Profile(Request, frozen=True, kw_only=True, omit_defaults=True, tag="profile"):
    """Names and pictures of up to 200 users."""

    users: list[str]


class SetTyping(Request, frozen=True, kw_only=True, omit_defaults=True, tag="typing"):
    """Typing began or ended; has no reply."""

    chat: str
    on: bool


class AskPresence(Request, frozen=True, kw_only=True, omit_defaults=True, tag="presence"):
    """Who of up to 200 users is online."""

    users: list[str]


class Ping(Request, frozen=True, kw_only=True, omit_defaults=True, tag="ping"):
    """A sign of life that asks for one."""


REQUESTS: tuple[type[Request], ...] = (
    Hello, Send, Edit, Delete, React, Received, Read, History, ListChats, CreateRoom, ListRooms, Join, Leave,
    Rename, Invite, Kick, Ban, Unban, Mute, SetRole, ListMembers, Befriend, Accept, Decline, Unfriend, Block,
    Unblock, ListFriends, Profile, SetTyping, AskPresence, Ping,
)  # fmt: skip
