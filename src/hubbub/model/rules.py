"""Who may do what in a chat (docs/protocol.md §2 Rules). `check_` functions refuse or do nothing.

They read a Chat (before the journal) and a Draft (inside it) alike.
"""

from collections.abc import Callable
from typing import Protocol

from hubbub.model.chats import ADMIN, GROUP, MEMBER, OWNER, RANK, Member, Pair
from hubbub.model.errors import ErrorCode, Refused


class Rights(Protocol):
    """What the rules look at; Chat and Draft both are one."""

    @property
    def msg_type(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def visible(self) -> bool: ...
    @property
    def pair(self) -> Pair: ...
    @property
    def people(self) -> tuple[str, str] | None: ...
    def member(self, user: str) -> Member | None: ...
    def is_banned(self, user: str) -> bool: ...
    def peer_of(self, user: str) -> str: ...


Check = Callable[[Rights, str, int], None]


def check_room(chat: Rights) -> None:
    """Refuse what only makes sense in a room."""
    if chat.msg_type != GROUP:
        raise Refused(ErrorCode.BAD_REQUEST, "That is a private chat, not a room.")


def check_member(chat: Rights, user: str, _now: int) -> None:
    """The user is in the chat. A chat one may not know of is `not_found`, a public room `not_a_member`."""
    if chat.member(user) is not None:
        return
    if chat.msg_type == GROUP and chat.public:
        raise Refused(ErrorCode.NOT_A_MEMBER)
    raise Refused(ErrorCode.NOT_FOUND, "There is no such chat.")


def check_speak(chat: Rights, user: str, now: int) -> None:
    """The user may add to the transcript: a member who is not muted, or a friend."""
    if chat.msg_type != GROUP:
        check_pair(chat, user)
        return
    member = chat.member(user)
    if member is None:
        check_member(chat, user, now)
    elif member.muted_until > now:
        raise Refused(ErrorCode.MUTED, "You are muted in this room for now.")


def check_pair(chat: Rights, user: str) -> None:
    """The two people of a private chat may talk: neither blocked, and friends (or anyone may write to anyone).

    Everybody else is told that there is no such chat: its id is no secret, it follows from the two names.
    """
    pair = chat.pair
    if chat.people is None or user not in chat.people:
        raise Refused(ErrorCode.NOT_FOUND, "There is no such chat.")
    if user in pair.blockers:
        raise Refused(ErrorCode.BLOCKED)
    if pair.blockers or not (pair.friends or pair.open):
        raise Refused(ErrorCode.NOT_FRIENDS)


def check_role(chat: Rights, user: str, needed: str) -> Member:
    """The user's membership, which must have at least the role `needed`."""
    check_room(chat)
    check_member(chat, user, 0)
    member = chat.member(user)
    if member is None or RANK[member.role] < RANK[needed]:
        raise Refused(ErrorCode.FORBIDDEN, f"Only {_AT_LEAST[needed]} may do this.")
    return member


def check_outranks(actor: Member, subject: Member) -> None:
    """Nobody acts on an equal or higher role."""
    if RANK[actor.role] <= RANK[subject.role]:
        raise Refused(ErrorCode.FORBIDDEN, f"You cannot do this to an {subject.role} of the room."
                      if subject.role != MEMBER else "You cannot do this to another member.")  # fmt: skip


_AT_LEAST = {MEMBER: "members", ADMIN: "admins and owners", OWNER: "owners"}
