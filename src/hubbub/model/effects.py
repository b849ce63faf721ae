"""What a committed write changes besides appending entries: one Struct per kind of change, stored by persist/effects."""

from msgspec import Struct

from hubbub.model.chats import Member, Pair


class ChatMade(Struct, kw_only=True):
    """A new room, or the row of a private chat that did not have one."""

    chat: str
    msg_type: str
    name: str
    public: bool
    people: tuple[str, str] | None


class ChatNamed(Struct, kw_only=True):
    """A room has another name."""

    chat: str
    name: str


class ChatHidden(Struct, kw_only=True):
    """A room is public no more."""

    chat: str


class MemberPut(Struct, kw_only=True):
    """Somebody is a member, or has another role or mute."""

    chat: str
    user: str
    member: Member


class MemberGone(Struct, kw_only=True):
    """Somebody is no member any more."""

    chat: str
    user: str


class BanPut(Struct, kw_only=True):
    """Somebody is banned."""

    chat: str
    user: str
    by: str


class BanGone(Struct, kw_only=True):
    """Somebody is banned no more."""

    chat: str
    user: str


class MuteKept(Struct, kw_only=True):
    """Somebody left while muted: coming back does not give the voice back before `until` (ms)."""

    chat: str
    user: str
    until: int


class MuteTaken(Struct, kw_only=True):
    """They are back, and their membership holds the mute again."""

    chat: str
    user: str


class PairChanged(Struct, kw_only=True):
    """Two people's friendship, request or blocks changed."""

    people: tuple[str, str]
    before: Pair
    after: Pair


class MessageEdited(Struct, kw_only=True):
    """A message has other content since entry `by`."""

    chat: str
    seq: int
    content: str
    by: int


class MessageErased(Struct, kw_only=True):
    """A message and its earlier edits have no content any more since entry `by`."""

    chat: str
    seq: int
    by: int


class ReactionChanged(Struct, kw_only=True):
    """A user's reaction to a message was put or taken back by entry `by`."""

    chat: str
    seq: int
    emoji: str
    user: str
    on: bool
    by: int


Effect = (
    ChatMade | ChatNamed | ChatHidden | MemberPut | MemberGone | BanPut | BanGone | PairChanged | MessageEdited
    | MessageErased | ReactionChanged | MuteKept | MuteTaken
)  # fmt: skip
