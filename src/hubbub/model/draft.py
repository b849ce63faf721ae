"""One chat inside a transaction: what it will be if the transaction commits.

Use cases read a draft as they read a Chat, and change it; the journal stores `entries` and `effects` and, once
committed, calls `settle` to make the Chat in memory say the same.
"""

from collections.abc import Iterator, Mapping
from copy import copy

from msgspec.structs import replace

from hubbub.model.chats import Chat, Held, Member, Pair, other_of
from hubbub.model.effects import (
    BanGone,
    BanPut,
    ChatHidden,
    ChatMade,
    ChatNamed,
    Effect,
    MemberGone,
    MemberPut,
    MuteKept,
    MuteTaken,
    PairChanged,
)
from hubbub.model.entries import Edited, Entry, Message
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.replies import Done, FriendPush


class Target:
    """A stored message that an edit, deletion or reaction is about: its entry and who reacted with what."""

    __slots__ = ("entry", "reactions")

    def __init__(self, entry: Message, reactions: set[tuple[str, str]]) -> None:
        self.entry = entry
        self.reactions = reactions  # (emoji, user)


class Draft:
    """A chat as the batch so far leaves it. Check everything before the first change: there is no undo."""

    __slots__ = ("accepted", "banned_now", "base", "beside", "changed", "effects", "entries", "head", "members_now", "muted_now", "name",
                 "notices", "ordinal", "ordinals", "pair", "public", "rights_version", "rooms", "targets", "traces", "ts", "visible", "was_visible", "withdrawn")  # fmt: skip

    def __init__(self, base: Chat, targets: Mapping[int, Target], now: int) -> None:
        self.base = base
        self.head = base.head
        self.ordinal = base.ordinal
        self.rights_version = base.rights_version
        self.name = base.name
        self.public = base.public
        self.visible = self.was_visible = base.visible
        self.pair = base.pair
        self.ts = now if base.last is None else max(now, base.last.ts)
        self.targets = dict(targets)
        self.entries: list[Entry] = []
        self.ordinals: list[int] = []
        self.effects: list[Effect] = []
        self.notices: list[tuple[str, FriendPush]] = []
        self.members_now: dict[str, Member | None] = {}
        self.banned_now: dict[str, bool] = {}
        self.muted_now: dict[str, int] = {}
        self.changed = False
        self.accepted = 0
        self.traces: tuple[str, ...] = ()
        self.beside: Draft | None = None  # the private chat that the proposal at hand looks at too
        self.rooms: dict[str, int] = {}  # how many rooms its guest is in, as the batch so far leaves it
        self.withdrawn = False  # whether the proposal at hand comes of rights that were taken meanwhile

    # ── what may be read ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def id(self) -> str:
        return self.base.id

    @property
    def msg_type(self) -> str:
        return self.base.msg_type

    @property
    def people(self) -> tuple[str, str] | None:
        return self.base.people

    def peer_of(self, user: str) -> str:
        """The other person of a private chat."""
        return other_of(self.base.people, user)

    def member(self, user: str) -> Member | None:
        """The user's membership as the batch so far leaves it."""
        if user in self.members_now:
            return self.members_now[user]
        return self.base.members.get(user)

    def is_banned(self, user: str) -> bool:
        """Whether the user may not come back."""
        return self.banned_now.get(user, user in self.base.banned)

    def everybody(self) -> Iterator[tuple[str, Member]]:
        """All members as the batch so far leaves them."""
        for user, member in self.base.members.items():
            if user not in self.members_now:
                yield user, member
        for user, changed in self.members_now.items():
            if changed is not None:
                yield user, changed

    def begin(self, user: str, held: Held | None) -> None:
        """A proposal is decided next that `user` made when they held this (None: they were no member, or it does not matter)."""
        member = self.member(user)
        self.withdrawn = held is not None and member is not None and getattr(member, held[0]) != held[1]

    def _check_standing(self) -> None:
        """Rights that were taken and given back meanwhile: an earlier refusal of the same may have been told elsewhere."""
        if self.withdrawn:
            raise Refused(
                ErrorCode.UNAVAILABLE,
                "Your rights here changed while this waited; nothing was done, ask again.",
            )

    def unchanged(self) -> Done:
        """The answer to a request that would change nothing."""
        self._check_standing()
        done = Done(chat=self.id, seq=self.head, ts=self.ts)
        done.mark_repeated()
        return done

    def count(self) -> int:
        """How many members there are."""
        base = self.base.members
        return len(base) + sum((now is not None) - (user in base) for user, now in self.members_now.items())

    # ── what may be changed ─────────────────────────────────────────────────────────────────────────────────────

    def target(self, seq: int) -> Target | None:
        """The message at `seq`, as the batch so far leaves it, if it was asked for or is new."""
        found = self.targets.get(seq)
        if found is None and 0 < seq - self.base.head <= len(self.entries):
            entry = self.entries[seq - self.base.head - 1]
            if type(entry) is Message:
                found = self.targets[seq] = Target(copy(entry), set())
        return found

    def append(self, entry: Entry) -> Entry:
        """Give the entry the next seq and this chat's time."""
        self._check_standing()
        self.head += 1
        entry.seq = self.head
        entry.ts = self.ts
        if type(entry) is Message:
            self.ordinal += 1
        self.entries.append(entry)
        self.ordinals.append(self.ordinal)
        return entry

    def erase_edits(self, seq: int) -> None:
        """Take the content out of edits of message `seq` made in this very batch."""
        for entry in self.entries:
            if type(entry) is Edited and entry.target == seq:
                entry.content, entry.deleted = None, True

    def put_member(self, user: str, member: Member) -> None:
        """Add a member, or change one (give a copy, not the member in memory)."""
        self.members_now[user] = member
        self._rights(MemberPut(chat=self.id, user=user, member=member))

    def restrict(self, user: str, member: Member) -> None:
        """The same where they may do less from now on, or begin anew."""
        member.standing = self.rights_version + 1
        self.put_member(user, member)

    def drop_member(self, user: str) -> None:
        """Remove a member; a mute outlasts that, or leaving and coming back would end it."""
        member = self.member(user)
        self.members_now[user] = None
        self._rights(MemberGone(chat=self.id, user=user))
        if member is not None and member.muted_until > self.ts:
            self.muted_now[user] = member.muted_until
            self._rights(MuteKept(chat=self.id, user=user, until=member.muted_until))

    def take_mute(self, user: str) -> int:
        """Until when somebody who comes back is still muted (ms), 0 if not; the membership holds it from now on."""
        until = self.muted_now.get(user, self.base.muted.get(user, 0))
        if until:
            self.muted_now[user] = 0
            self._rights(MuteTaken(chat=self.id, user=user))
        return until

    def set_banned(self, user: str, by: str, *, banned: bool) -> None:
        """Ban a user or end the ban."""
        self.banned_now[user] = banned
        self._rights(BanPut(chat=self.id, user=user, by=by) if banned else BanGone(chat=self.id, user=user))

    def rename(self, name: str) -> None:
        """Give the room another name."""
        self.name = name
        self._rights(ChatNamed(chat=self.id, name=name))

    def hide(self) -> None:
        """Nobody can find or join the room from outside any more."""
        if self.public:
            self.public = False
            self._rights(ChatHidden(chat=self.id))

    def make(self) -> None:
        """Store the new chat itself; the first change of a chat that has no row yet."""
        self._rights(
            ChatMade(
                chat=self.id, msg_type=self.msg_type, name=self.name, public=self.public, people=self.people
            )
        )

    def show(self) -> None:
        """Make a private chat visible to its two people."""
        self.visible = True
        self.changed = True
        for user in self.people or ():
            self.put_member(user, Member())

    def set_pair(self, pair: Pair) -> None:
        """Change what the two people are to each other."""
        if self.people is None:
            msg = f"{self.id} is not a private chat"
            raise ValueError(msg)
        before = self.pair
        self._rights(PairChanged(people=self.people, before=before, after=pair))
        self.pair = pair
        if (before.friends and not pair.friends) or pair.blockers - before.blockers:
            for user, member in list(self.everybody()):
                self.restrict(user, replace(member))

    def note(self, user: str, push: FriendPush) -> None:
        """Tell a user something after the commit that is no entry of the chat."""
        self.notices.append((user, push))

    def _rights(self, effect: Effect) -> None:
        self._check_standing()
        self.effects.append(effect)
        if not self.changed:
            self.changed = True
        self.rights_version += 1

    # ── after the commit ────────────────────────────────────────────────────────────────────────────────────────

    def settle(self) -> None:
        """Make the chat in memory say what is committed now."""
        chat = self.base
        chat.head, chat.ordinal, chat.rights_version = self.head, self.ordinal, self.rights_version
        if self.changed:
            chat.name, chat.public, chat.visible, chat.pair = self.name, self.public, self.visible, self.pair
            self._settle_members()
        if self.entries:
            chat.last = self.entries[-1]
            self._raise_senders_cursors()

    def _settle_members(self) -> None:
        members = self.base.members
        for user, member in self.members_now.items():
            if member is None:
                members.pop(user, None)
            elif user in members:
                kept = members[user]
                kept.role, kept.muted_until = member.role, member.muted_until
                kept.since, kept.standing = member.since, member.standing
                kept.raise_to(member.received, member.read, member.read_ordinal)
            else:
                members[user] = member
        for user, banned in self.banned_now.items():
            (self.base.banned.add if banned else self.base.banned.discard)(user)
        for user, until in self.muted_now.items():
            self.base.muted[user] = until
            if not until:
                del self.base.muted[user]

    def _raise_senders_cursors(self) -> None:
        for entry, ordinal in zip(self.entries, self.ordinals, strict=True):
            if type(entry) is Message:
                member = self.base.members.get(entry.sender)
                if member is not None:
                    member.raise_to(entry.seq, entry.seq, ordinal)
