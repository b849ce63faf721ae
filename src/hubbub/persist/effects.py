"""How each kind of change is stored, besides the entry that says so (model/effects)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from hubbub.model.effects import (
    BanGone,
    BanPut,
    ChatHidden,
    ChatMade,
    ChatNamed,
    Effect,
    MemberGone,
    MemberPut,
    MessageEdited,
    MessageErased,
    MuteKept,
    MuteTaken,
    PairChanged,
    ReactionChanged,
)
from hubbub.persist.rows import EDITED
from hubbub.persist.tables import bans, blocks, chats, edits, entries, friendships, members, mutes, reactions


def store(connection: Connection, effects: Iterable[Effect], now: int) -> None:
    """Store changes in their order; `now` in ms."""
    for effect in effects:
        _STORE[type(effect)](connection, effect, now)


def _made(connection: Connection, effect: ChatMade, now: int) -> None:
    one, other = effect.people or (None, None)
    connection.execute(
        insert(chats).values(
            id=effect.chat,
            msg_type=effect.msg_type,
            name=effect.name,
            public=effect.public,
            visible=effect.people is None,
            one=one,
            other=other,
            created_at=now,
            head=0,
            ordinal=0,
            rights_version=0,
            changed_at=now,
        )
    )


def _named(connection: Connection, effect: ChatNamed, _now: int) -> None:
    connection.execute(update(chats).where(chats.c.id == effect.chat).values(name=effect.name))


def _hidden(connection: Connection, effect: ChatHidden, _now: int) -> None:
    connection.execute(update(chats).where(chats.c.id == effect.chat).values(public=False))


def _member_put(connection: Connection, effect: MemberPut, _now: int) -> None:
    member = effect.member
    rights = {
        "role": member.role,
        "muted_until": member.muted_until,
        "since": member.since,
        "standing": member.standing,
    }
    changed = connection.execute(update(members).where(*_member(effect)).values(rights))
    if changed.rowcount == 0:
        cursors = {
            "received": member.received,
            "read": member.read,
            "read_ordinal": member.read_ordinal,
        }
        connection.execute(insert(members).values(chat=effect.chat, user=effect.user, **rights, **cursors))


def _member(effect: MemberPut | MemberGone) -> tuple[Any, Any]:
    return members.c.chat == effect.chat, members.c.user == effect.user


def _member_gone(connection: Connection, effect: MemberGone, _now: int) -> None:
    connection.execute(delete(members).where(*_member(effect)))


def _ban_put(connection: Connection, effect: BanPut, _now: int) -> None:
    connection.execute(insert(bans).values(chat=effect.chat, user=effect.user, by=effect.by))


def _ban_gone(connection: Connection, effect: BanGone, _now: int) -> None:
    connection.execute(delete(bans).where(bans.c.chat == effect.chat, bans.c.user == effect.user))


def _mute_kept(connection: Connection, effect: MuteKept, _now: int) -> None:
    connection.execute(insert(mutes).values(chat=effect.chat, user=effect.user, until=effect.until))


def _mute_taken(connection: Connection, effect: MuteTaken, _now: int) -> None:
    connection.execute(delete(mutes).where(mutes.c.chat == effect.chat, mutes.c.user == effect.user))


def _pair(connection: Connection, effect: PairChanged, _now: int) -> None:
    one, other = effect.people
    values = {"friends": effect.after.friends, "requested_by": effect.after.requested_by}
    row = and_(friendships.c.one == one, friendships.c.other == other)
    changed = connection.execute(update(friendships).where(row).values(values))
    if changed.rowcount == 0:
        connection.execute(insert(friendships).values(one=one, other=other, **values))
    for blocker in effect.after.blockers - effect.before.blockers:
        connection.execute(insert(blocks).values(blocker=blocker, blocked=_not(effect.people, blocker)))
    for blocker in effect.before.blockers - effect.after.blockers:
        connection.execute(
            delete(blocks).where(
                blocks.c.blocker == blocker, blocks.c.blocked == _not(effect.people, blocker)
            )
        )


def _not(people: tuple[str, str], one: str) -> str:
    return people[1] if people[0] == one else people[0]


def _entry(chat: str, seq: int) -> Any:  # noqa: ANN401 - a SQL expression
    return and_(entries.c.chat == chat, entries.c.seq == seq)


def _edited(connection: Connection, effect: MessageEdited, _now: int) -> None:
    values = {"content": effect.content, "edited": effect.by, "as_of": effect.by}
    connection.execute(update(entries).where(_entry(effect.chat, effect.seq)).values(values))
    connection.execute(insert(edits).values(chat=effect.chat, target=effect.seq, seq=effect.by))


def _erased(connection: Connection, effect: MessageErased, _now: int) -> None:
    message = {"content": None, "deleted": True, "as_of": effect.by}
    connection.execute(update(entries).where(_entry(effect.chat, effect.seq)).values(message))
    made = select(edits.c.seq).where(edits.c.chat == effect.chat, edits.c.target == effect.seq)
    earlier = and_(entries.c.chat == effect.chat, entries.c.seq.in_(made), entries.c.kind == EDITED)
    connection.execute(update(entries).where(earlier).values(content=None, deleted=True))
    connection.execute(
        delete(reactions).where(reactions.c.chat == effect.chat, reactions.c.seq == effect.seq)
    )


def _reacted(connection: Connection, effect: ReactionChanged, _now: int) -> None:
    mark = {"chat": effect.chat, "seq": effect.seq, "emoji": effect.emoji, "user": effect.user}
    if effect.on:
        connection.execute(insert(reactions).values(mark))
    else:
        connection.execute(delete(reactions).where(*(reactions.c[name] == mark[name] for name in mark)))
    connection.execute(update(entries).where(_entry(effect.chat, effect.seq)).values(as_of=effect.by))


_STORE: Mapping[type, Callable[[Connection, Any, int], None]] = {
    ChatMade: _made,
    ChatNamed: _named,
    ChatHidden: _hidden,
    MemberPut: _member_put,
    MemberGone: _member_gone,
    BanPut: _ban_put,
    BanGone: _ban_gone,
    MuteKept: _mute_kept,
    MuteTaken: _mute_taken,
    PairChanged: _pair,
    MessageEdited: _edited,
    MessageErased: _erased,
    ReactionChanged: _reacted,
}
