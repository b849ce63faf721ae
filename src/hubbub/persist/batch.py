"""One transaction of the journal: look up, decide, store. Nothing here commits, answers or publishes."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select, tuple_

from hubbub.model.chats import GROUP, Chat
from hubbub.model.draft import Draft, Target
from hubbub.model.effects import ChatMade
from hubbub.model.entries import Message
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ids import private_chat
from hubbub.model.proposals import Done as Tell
from hubbub.model.proposals import Proposal
from hubbub.model.replies import Done, Ok, Reply, RoomMade, Sent
from hubbub.persist import bulk, effects
from hubbub.persist.chats import ChatStore
from hubbub.persist.rows import COLUMNS, MESSAGE, entry_of, row_of
from hubbub.persist.tables import PENDING, chats, entries, members, outbox, reactions, users, writes

Waiting = tuple[Proposal, Tell]
Answer = Reply | Exception
Alongside = Callable[[Connection], None]
Key = tuple[str, str]
Stored = tuple[str, Reply]  # (digest, first reply)

_encode = msgspec.json.Encoder().encode
_room = msgspec.json.Decoder(RoomMade).decode
SENT_REPLY, DONE_REPLY, OK_REPLY, ROOM_REPLY = range(1, 5)
_REPLY_KIND = {Sent: SENT_REPLY, Done: DONE_REPLY, Ok: OK_REPLY, RoomMade: ROOM_REPLY}


class Batch:
    """What waits together and is committed together: look_up, decide, save. `answers` stand in the order of `waiting`.

    `clock` (ms) is asked once the head rows are locked: however long that took, what is stamped is about to be committed,
    and other nodes look for it (push/catch_up.OVERLAP_MS).
    """

    def __init__(self, waiting: list[Waiting], store: ChatStore, clock: Callable[[], int]) -> None:
        self.waiting = waiting
        self.answers: list[Answer] = []
        self.drafts: dict[str, Draft] = {}
        self._store = store
        self._clock = clock
        self._now = 0
        self._people = _people_of(waiting)
        self._ids = sorted({each.chat for each, _ in waiting} | self._people.keys())
        self._known = {each: store.peek(each) for each in self._ids}
        self._rooms: dict[str, int] = {}
        self._bases: dict[str, Chat] = {}
        self._fetched: dict[str, Chat] = {}
        self._stored: dict[Key, Stored] = {}
        self._targets: Mapping[str, dict[int, Target]] = {}
        self.remembered: list[tuple[Any, ...]] = []

    def look_up(self, connection: Connection, alongside: Alongside) -> None:
        """Lock the chats, find what was stored before. In the connection's thread."""
        alongside(connection)
        self._bases = self._lock(connection)
        self._now = self._clock()
        keys = [(each.user, each.msg_id) for each, _ in self.waiting if each.msg_id]
        self._stored = recall(connection, keys) if keys else {}
        self._targets = self._find_targets(connection)
        self._rooms = _count_rooms(connection, {each.guest for each, _ in self.waiting if each.guest})

    def _lock(self, connection: Connection) -> dict[str, Chat]:
        """The chats as the database has them, their head rows locked in the order of their ids."""
        bases = {each.chat: each.fresh for each, _ in self.waiting if each.fresh is not None}
        stale: list[str] = []
        rows = lock(connection, self._ids)
        for chat in self._ids:
            known = self._known.get(chat)
            if known is not None and rows.get(chat, (0, 0)) == (known.head, known.rights_version):
                bases[chat] = known
            elif chat not in bases:
                stale.append(chat)
        if stale:
            people = {each: self._people[each] for each in stale if each in self._people}
            self._fetched = self._store.fetch(connection, stale, people)
        return bases

    def _find_targets(self, connection: Connection) -> Mapping[str, dict[int, Target]]:
        wanted = {(each.chat, seq) for each, _ in self.waiting for seq in each.targets}
        found: dict[str, dict[int, Target]] = defaultdict(dict)
        if not wanted:
            return found
        for row in connection.execute(_TARGETS, {"wanted": list(wanted)}):
            if row[2] == MESSAGE:
                entry = entry_of(tuple(row))
                if isinstance(entry, Message):
                    found[entry.chat][entry.seq] = Target(entry, set())
        for chat, seq, emoji, user in connection.execute(_MARKS, {"wanted": list(wanted)}):
            if seq in found[chat]:
                found[chat][seq].reactions.add((emoji, user))
        return found

    def decide(self) -> None:
        """Answer what was stored before, decide the rest. On the event loop: nobody else changes a chat meanwhile."""
        for chat, fresh in self._fetched.items():
            self._bases[chat] = self._store.renew(fresh)
        for proposal, _ in self.waiting:
            try:
                answer: Answer = self._answer(proposal)
            except Refused as refused:
                answer = refused
            self.answers.append(answer)

    def _answer(self, proposal: Proposal) -> Reply:
        key = (proposal.user, proposal.msg_id or "")
        if proposal.msg_id and key in self._stored:
            return first_reply(self._stored[key], proposal.digest)
        draft = self._draft(proposal.chat)
        draft.rooms = self._rooms
        draft.beside = None if proposal.beside is None else self._draft(private_chat(*proposal.beside))
        draft.accepted = draft.accepted or proposal.accepted
        if proposal.trace is not None:
            draft.traces += (proposal.trace,)
        draft.begin(proposal.user, proposal.held)
        reply = proposal.decide(draft, self._now)
        if proposal.msg_id:
            self._stored[key] = (proposal.digest, reply)
            self.remembered.append(_remember(proposal, reply))
        return reply

    def _draft(self, chat: str) -> Draft:
        draft = self.drafts.get(chat)
        if draft is None:
            base = self._bases.get(chat)
            if base is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such chat.")
            draft = self.drafts[chat] = Draft(base, self._targets.get(chat, {}), self._now)
        return draft

    @property
    def changed(self) -> list[Draft]:
        """What the batch changes."""
        return [draft for draft in self.drafts.values() if draft.entries or draft.effects]

    def save(self, connection: Connection) -> None:
        """Store what was decided. In the connection's thread."""
        drafts = self.changed
        made = [effect for draft in drafts for effect in draft.effects if type(effect) is ChatMade]
        effects.store(connection, made, self._now)
        rows = [
            row_of(entry, ordinal)
            for draft in drafts
            for entry, ordinal in zip(draft.entries, draft.ordinals, strict=True)
        ]
        bulk.insert(connection, entries, COLUMNS, rows)
        bulk.insert(connection, outbox, _OUTBOX_COLUMNS, [(r[0], r[1], PENDING, self._now) for r in rows])
        bulk.insert(connection, writes, bulk.WRITE_COLUMNS, self.remembered)
        heads = [(d.id, d.head, d.ordinal, d.rights_version, int(d.visible), self._now) for d in drafts]
        bulk.update_heads(connection, heads)
        rest = [effect for draft in drafts for effect in draft.effects if type(effect) is not ChatMade]
        effects.store(connection, rest, self._now)


def lock(connection: Connection, ids: list[str]) -> dict[str, tuple[int, int]]:
    """Lock the head rows of those chats that have one, in the order of their ids; (head, rights_version) of each."""
    return {row[0]: (row[1], row[2]) for row in connection.execute(_LOCK, {"ids": sorted(ids)})}


def _people_of(waiting: list[Waiting]) -> dict[str, tuple[str, str]]:
    """The two people of every private chat that is asked for or looked at."""
    asked = {each.chat: each.people for each, _ in waiting if each.people is not None}
    return asked | {private_chat(*each.beside): each.beside for each, _ in waiting if each.beside is not None}


def _count_rooms(connection: Connection, users_asked: set[str]) -> dict[str, int]:
    """How many rooms users are in. Their rows are locked: nobody joins two rooms at once, on whatever nodes."""
    if not users_asked:
        return {}
    asked = {"users": sorted(users_asked)}
    connection.execute(_GUESTS, asked).all()
    return dict.fromkeys(users_asked, 0) | {row[0]: row[1] for row in connection.execute(_ROOMS, asked)}


def recall(connection: Connection, keys: list[Key]) -> dict[Key, Stored]:
    """What was stored under (user, msg_id), of those asked."""
    rows = bulk.recall(connection, keys)
    return {(row[0], row[1]): (row[2], _reply_of(tuple(row))) for row in rows}


def first_reply(stored: Stored, digest: str) -> Reply:
    """The first reply again; another request under the same msg_id is a conflict."""
    if stored[0] != digest:
        raise Refused(ErrorCode.CONFLICT, "This msg_id already names another request; take a new one.")
    reply = msgspec.structs.replace(stored[1])
    reply.mark_repeated()
    if isinstance(reply, Sent):
        reply.duplicate = True
    return reply


def _remember(proposal: Proposal, reply: Reply) -> tuple[Any, ...]:
    seq, ts = getattr(reply, "seq", 0), getattr(reply, "ts", 0)
    extra = _encode(reply).decode() if type(reply) is RoomMade else None
    kind = _REPLY_KIND[type(reply)]
    return (proposal.user, proposal.msg_id, proposal.digest, kind, proposal.chat, seq, ts, extra)


def _reply_of(row: tuple[Any, ...]) -> Reply:
    _, msg_id, _, kind, chat, seq, ts, extra = row
    if kind == SENT_REPLY:
        return Sent(msg_id=msg_id, chat=chat, seq=seq, ts=ts, duplicate=True)
    if kind == DONE_REPLY:
        return Done(chat=chat, seq=seq, ts=ts)
    return Ok() if kind == OK_REPLY else _room(extra)


_OUTBOX_COLUMNS = ("chat", "seq", "state", "created_at")
_LOCK = (
    select(chats.c.id, chats.c.head, chats.c.rights_version)
    .where(chats.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(chats.c.id)
    .with_for_update()
)
_USERS: Any = bindparam("users", expanding=True)
_GUESTS = select(users.c.user).where(users.c.user.in_(_USERS)).order_by(users.c.user).with_for_update()
_ROOMS = (
    select(members.c.user, func.count())
    .join(chats, chats.c.id == members.c.chat)
    .where(members.c.user.in_(_USERS), chats.c.msg_type == GROUP)
    .group_by(members.c.user)
)
_WANTED: Any = bindparam("wanted", expanding=True)
_TARGETS = select(*(entries.c[name] for name in COLUMNS)).where(
    tuple_(entries.c.chat, entries.c.seq).in_(_WANTED)
)
_MARKS = select(reactions.c.chat, reactions.c.seq, reactions.c.emoji, reactions.c.user).where(
    tuple_(reactions.c.chat, reactions.c.seq).in_(_WANTED)
)
