"""The ports of use cases without a database: small, real, and held to the suites of tests/ports like the engine.

Each class names the Protocol of model/ports it implements. They share one `Memory`, as the engine's share a database.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy

from msgspec import Struct, field
from msgspec.structs import replace

from hubbub.model.chats import GROUP, PRIVATE, Chat, Pair, other_of
from hubbub.model.draft import Draft, Target
from hubbub.model.effects import Effect, MessageEdited, MessageErased, ReactionChanged
from hubbub.model.entries import Edited, Entry, Message, Reaction
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ids import private_chat
from hubbub.model.proposals import Committed, Done, Proposal
from hubbub.model.recent import Given
from hubbub.model.replies import FriendLists, ProfileListing, Reply, RoomListing, Sent

Publish = Callable[[Sequence[Committed]], None]
Clock = Callable[[], int]


class Kept(Struct):
    """One entry of a log: in present form but for `reactions`, which depend on the reader."""

    entry: Entry
    ordinal: int
    reactions: set[tuple[str, str]] = field(default_factory=set)  # (emoji, user)

    def seen_by(self, reader: str) -> Entry:
        """A copy for `reader`."""
        entry = copy(self.entry)
        if isinstance(entry, Message) and self.reactions:
            entry.reactions = _counted(self.reactions, reader)
        return entry


def _counted(marks: set[tuple[str, str]], reader: str) -> dict[str, Reaction]:
    emojis = sorted({emoji for emoji, _ in marks})
    return {
        emoji: Reaction(count=sum(each == emoji for each, _ in marks), mine=(emoji, reader) in marks)
        for emoji in emojis
    }


class Memory:
    """What a database would hold."""

    def __init__(self) -> None:
        self.chats: dict[str, Chat] = {}
        self.logs: dict[str, list[Kept]] = {}
        self.writes: dict[tuple[str, str], tuple[str, Reply]] = {}
        self.profiles: dict[str, ProfileListing] = {}
        self.last_seen: dict[str, int] = {}


class MemoryJournal:
    """Implements model.ports.Journal; a proposal is committed as it is submitted."""

    def __init__(self, memory: Memory, clock: Clock, publish: Publish | None = None) -> None:
        self._memory = memory
        self._clock = clock
        self._publish = publish
        self.overloaded = False

    def submit(self, proposal: Proposal, done: Done) -> None:
        """Commit and answer, then publish."""
        if self.overloaded:
            raise Refused(ErrorCode.UNAVAILABLE)
        try:
            reply = self._first_reply(proposal.user, proposal.msg_id, proposal.digest)
            if reply is not None:
                done(reply)
                return
            draft = self._draft(proposal)
            draft.begin(proposal.user, proposal.held)
            reply = proposal.decide(draft, self._clock())
        except Refused as refused:
            done(refused)
            return
        if proposal.msg_id is not None:
            self._memory.writes[proposal.user, proposal.msg_id] = (proposal.digest, copy(reply))
        committed = self._commit(draft)
        done(reply)
        if committed is not None and self._publish is not None:
            self._publish([committed])

    async def recall(self, user: str, msg_id: str, digest: str) -> Reply | None:
        """The first reply to (`user`, `msg_id`)."""
        return self._first_reply(user, msg_id, digest)

    def _first_reply(self, user: str, msg_id: str | None, digest: str) -> Reply | None:
        stored = None if msg_id is None else self._memory.writes.get((user, msg_id))
        if stored is None:
            return None
        if stored[0] != digest:
            raise Refused(ErrorCode.CONFLICT)
        reply = replace(stored[1])
        if isinstance(reply, Sent):
            reply.duplicate = True
        return reply

    def _draft(self, proposal: Proposal) -> Draft:
        base = self._memory.chats.get(proposal.chat) or proposal.fresh
        if base is None and proposal.people is not None:
            base = strangers(proposal.chat, proposal.people)
        if base is None:
            raise Refused(ErrorCode.NOT_FOUND)
        log = self._memory.logs.get(base.id, [])
        targets = {
            seq: Target(copy(kept.entry), set(kept.reactions))
            for seq in proposal.targets
            if seq <= len(log) and isinstance((kept := log[seq - 1]).entry, Message)
        }
        draft = Draft(base, targets, self._clock())
        if proposal.beside is not None:
            beside = private_chat(*proposal.beside)
            known = self._memory.chats.get(beside) or strangers(beside, proposal.beside)
            draft.beside = Draft(known, {}, self._clock())
        if proposal.guest is not None:
            draft.rooms[proposal.guest] = self._rooms_of(proposal.guest)
        return draft

    def _rooms_of(self, user: str) -> int:
        chats = self._memory.chats.values()
        return sum(chat.msg_type == GROUP and user in chat.members for chat in chats)

    def _commit(self, draft: Draft) -> Committed | None:
        if not (draft.entries or draft.effects):
            return None
        shown = draft.visible and not draft.base.visible
        draft.settle()
        self._memory.chats[draft.id] = draft.base
        log = self._memory.logs.setdefault(draft.id, [])
        log.extend(
            Kept(copy(entry), ordinal) for entry, ordinal in zip(draft.entries, draft.ordinals, strict=True)
        )
        for effect in draft.effects:
            _apply(log, effect)
        return Committed(
            chat=draft.base,
            entries=draft.entries,
            ordinals=draft.ordinals,
            shown=shown,
            notices=draft.notices,
        )


def strangers(chat: str, people: tuple[str, str]) -> Chat:
    """The private chat of two people who never had to do with each other."""
    return Chat(id=chat, msg_type=PRIVATE, people=(min(people), max(people)), visible=False, pair=Pair())


def _apply(log: list[Kept], effect: Effect) -> None:
    """What a change makes of the message it is about."""
    if not isinstance(effect, MessageEdited | MessageErased | ReactionChanged):
        return
    kept = log[effect.seq - 1]
    message = kept.entry
    if not isinstance(message, Message):
        raise TypeError(message)
    message.as_of = effect.by
    if isinstance(effect, MessageEdited):
        message.content, message.edited = effect.content, effect.by
    elif isinstance(effect, MessageErased):
        message.content, message.edited, message.deleted = None, None, True
        kept.reactions.clear()
        _erase_edits(log, effect.seq)
    else:
        mark = (effect.emoji, effect.user)
        (kept.reactions.add if effect.on else kept.reactions.discard)(mark)


def _erase_edits(log: list[Kept], target: int) -> None:
    for kept in log:
        if isinstance(kept.entry, Edited) and kept.entry.target == target:
            kept.entry.content, kept.entry.deleted = None, True


class MemoryChats:
    """Implements model.ports.Chats."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def peek(self, chat: str) -> Chat | None:
        """The chat, if there is one."""
        return self._memory.chats.get(chat)

    async def load(self, chat: str, people: tuple[str, str] | None = None) -> Chat | None:
        """The chat; of strangers with `people`."""
        found = self._memory.chats.get(chat)
        return strangers(chat, people) if found is None and people is not None else found

    async def ids_of_user(self, user: str) -> list[str]:
        """The ids of every chat the user is a member of."""
        return [chat.id for chat in await self.of_user(user)]

    def outdated(self, _chat: str) -> bool:
        """There is no other node."""
        return False

    async def of_user(self, user: str) -> list[Chat]:
        """Every chat the user is a member of."""
        return [chat for _, chat in sorted(self._memory.chats.items()) if user in chat.members]

    async def rooms(self, query: str, after: str, limit: int) -> Sequence[RoomListing]:
        """Public rooms with members."""
        found = [
            RoomListing(chat=chat.id, name=chat.name, members=len(chat.members))
            for _, chat in sorted(self._memory.chats.items())
            if chat.msg_type == GROUP and chat.public and chat.members and chat.id > after
            if query.lower() in chat.name.lower()
        ]
        return found[:limit]


class MemoryLog:
    """Implements model.ports.Log."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def before(
        self,
        chat: str,
        seq: int,
        limit: int,
        reader: str,
        *,
        read_only: bool = False,  # noqa: ARG002
    ) -> list[Entry]:
        """The last `limit` entries with a smaller seq."""
        log = self._memory.logs.get(chat, [])[: max(seq - 1, 0)]
        return [kept.seen_by(reader) for kept in log[max(len(log) - limit, 0) :]]

    async def after(
        self,
        chat: str,
        seq: int,
        limit: int,
        reader: str,
        *,
        read_only: bool = False,  # noqa: ARG002
    ) -> list[Entry]:
        """The first `limit` entries with a greater seq."""
        return [kept.seen_by(reader) for kept in self._memory.logs.get(chat, [])[seq : seq + limit]]

    async def given(self, chat: str, seqs: Sequence[int]) -> Given:
        """Who gave which emoji to these messages."""
        found: dict[int, dict[str, list[str]]] = {}
        for seq in seqs:
            for emoji, user in sorted(self._memory.logs[chat][seq - 1].reactions):
                found.setdefault(seq, {}).setdefault(emoji, []).append(user)
        return found

    async def ordinal(self, chat: str, seq: int) -> int:
        """How many messages there are up to `seq`."""
        log = self._memory.logs.get(chat, [])[:seq]
        return log[-1].ordinal if log else 0


class MemoryPeople:
    """Implements model.ports.People."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def exists(self, user: str) -> bool:
        """Whether there is such a user."""
        return user in self._memory.profiles

    async def profiles(self, users: Iterable[str]) -> dict[str, ProfileListing]:
        """The profiles of those that exist."""
        known = self._memory.profiles
        return {user: known[user] for user in users if user in known}

    async def relations(self, user: str) -> FriendLists:
        """Friends, requests and blocks."""
        lists = FriendLists(friends=[], incoming=[], outgoing=[], blocked=[])
        for chat in self._memory.chats.values():
            if chat.people is not None and user in chat.people:
                _sort_in(lists, chat.pair, user, other_of(chat.people, user))
        for each in (lists.friends, lists.incoming, lists.outgoing, lists.blocked):
            each.sort()
        return lists

    async def last_seen(self, users: Iterable[str]) -> dict[str, int]:
        """When users were last connected (ms)."""
        known = self._memory.last_seen
        return {user: known[user] for user in users if user in known}


def _sort_in(lists: FriendLists, pair: Pair, user: str, peer: str) -> None:
    """Requests of users one has blocked are not shown."""
    if user in pair.blockers:
        lists.blocked.append(peer)
    if pair.friends:
        lists.friends.append(peer)
    elif pair.requested_by == user:
        lists.outgoing.append(peer)
    elif pair.requested_by == peer and user not in pair.blockers:
        lists.incoming.append(peer)
