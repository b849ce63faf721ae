"""What a node holds in memory of one chat: who may do what in it, and where its log ends.

`Chat` is shared by everybody on the node and changes only when a journal has committed, here or on another node. `Draft` (draft.py) is what
a transaction in progress makes of it.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hubbub.model.entries import Entry, Message

GROUP = "group"
PRIVATE = "private"
OWNER, ADMIN, MEMBER = "owner", "admin", "member"
RANK = {MEMBER: 0, ADMIN: 1, OWNER: 2}


Held = tuple[Literal["since", "standing"], int]
"""What of a Member somebody's right rested on, and how it was then."""


class Member(Struct, kw_only=True, gc=False):
    """One user in one chat.

    `since` is the seq of the entry that made them a member, `received` and `read` are cursors, `read_ordinal` is the
    number of messages up to `read`. `muted_until` is in ms, 0 when not muted. `standing` is the chat's `rights_version` of
    when this membership began or something was last taken from it: what was asked for before is not done after it.
    """

    role: str = MEMBER
    muted_until: int = 0
    since: int = 0
    received: int = 0
    read: int = 0
    read_ordinal: int = 0
    standing: int = 0

    def raise_to(self, received: int, read: int, read_ordinal: int) -> None:
        """Cursors only rise; `read` implies `received`."""
        if read > self.read:
            self.read, self.read_ordinal = read, read_ordinal
        self.received = max(self.received, received, self.read)


class Pair(Struct, kw_only=True):
    """What two people are to each other. `requested_by` is the user whose request is open.

    `open` is set where the server lets anyone write to anyone (`direct_policy = "anyone"`).
    """

    friends: bool = False
    open: bool = False
    requested_by: str | None = None
    blockers: frozenset[str] = frozenset()


class Chat:
    """A room, or the (perhaps not yet existing) private chat of two people.

    `head` is the last seq, `ordinal` the number of messages up to it, `rights_version` rises with every change of
    membership, mute, friendship or block. `muted` holds who left while muted, and until
    when (ms). A private chat is `visible` from the moment its people were friends.
    """

    __slots__ = ("__weakref__", "banned", "head", "id", "last", "members", "msg_type", "muted", "name", "ordinal",
                 "pair", "people", "public", "rights_version", "visible")  # fmt: skip

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - the field's name
        msg_type: str,
        name: str = "",
        public: bool = False,
        people: tuple[str, str] | None = None,
        visible: bool = True,
        head: int = 0,
        ordinal: int = 0,
        rights_version: int = 0,
        last: Entry | None = None,
        members: dict[str, Member] | None = None,
        banned: set[str] | None = None,
        muted: dict[str, int] | None = None,
        pair: Pair | None = None,
    ) -> None:
        self.id = id
        self.msg_type = msg_type
        self.name = name
        self.public = public
        self.people = people
        self.visible = visible
        self.head = head
        self.ordinal = ordinal
        self.rights_version = rights_version
        self.last = last
        self.members = {} if members is None else members
        self.banned: set[str] = set() if banned is None else banned
        self.muted: dict[str, int] = {} if muted is None else muted
        self.pair = pair or Pair()

    def become(self, fresh: "Chat") -> None:
        """Say what `fresh`, read from the database, says. Cursors may be further in memory: they never step back."""
        for user, member in fresh.members.items():
            known = self.members.get(user)
            if known is not None:
                member.raise_to(known.received, known.read, known.read_ordinal)
        for name in _STATE:
            setattr(self, name, getattr(fresh, name))

    def advance(self, entries: Sequence[Entry]) -> bool:
        """Another node appended these, and no rights moved. False if something before them is missing here."""
        fresh = [entry for entry in entries if entry.seq > self.head]
        if not fresh:
            return True
        if fresh[0].seq != self.head + 1:
            return False
        for entry in fresh:
            self._append(entry)
        return True

    def _append(self, entry: Entry) -> None:
        self.head = entry.seq
        self.last = entry
        if type(entry) is Message:
            self.ordinal += 1
            sender = self.members.get(entry.sender)
            if sender is not None:
                sender.raise_to(entry.seq, entry.seq, self.ordinal)

    def member(self, user: str) -> Member | None:
        """The user's membership, or None."""
        return self.members.get(user)

    def is_banned(self, user: str) -> bool:
        """Whether the user may not come back."""
        return user in self.banned

    def peer_of(self, user: str) -> str:
        """The other person of a private chat."""
        return other_of(self.people, user)

    def shows(self, user: str) -> bool:
        """Whether the others may see now what the user does here: a member, in private one they may talk with."""
        if self.msg_type == PRIVATE and (self.pair.blockers or not (self.pair.friends or self.pair.open)):
            return False
        return user in self.members


_STATE = (
    "banned",
    "head",
    "last",
    "members",
    "muted",
    "name",
    "ordinal",
    "pair",
    "public",
    "rights_version",
    "visible",
)


def other_of(people: tuple[str, str] | None, user: str) -> str:
    """The one of two people that is not `user` (who must be one of them)."""
    if people is None or user not in people:
        msg = f"{user!r} is not one of {people!r}"
        raise ValueError(msg)
    return people[1] if people[0] == user else people[0]
