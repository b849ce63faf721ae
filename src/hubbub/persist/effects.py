"""How each kind of change is stored, besides the entry that says so (model/effects)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hubbub.model.effects import (
    BanGone,
    BanPut,
    ChatMade,
    ChatNamed,
    Effect,
    MemberGone,
    MemberPut,
    MessageEdited,
    MessageErased,
    PairChanged,
    ReactionChanged,
)
from hubbub.persist.rows import EDITED
from hubbub.persist.tables import bans, blocks, chats, edits, entries, friendships, members, reactions


async def store(connection: AsyncConnection, effects: Iterable[Effect], now: int) -> None:
    """Store changes in their order; `now` in ms."""
    for effect in effects:
        await _STORE[type(effect)](connection, effect, now)


async def _made(connection: AsyncConnection, effect: ChatMade, now: int) -> None:
    one, other = effect.people or (None, None)
    await connection.execute(
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


async def _named(connection: AsyncConnection, effect: ChatNamed, _now: int) -> None:
    await connection.execute(update(chats).where(chats.c.id == effect.chat).values(name=effect.name))


async def _member_put(connection: AsyncConnection, effect: MemberPut, _now: int) -> None:
    member = effect.member
    rights = {"role": member.role, "muted_until": member.muted_until, "since": member.since}
    changed = await connection.execute(update(members).where(*_member(effect)).values(rights))
    if changed.rowcount == 0:
        cursors = {
            "received": member.received,
            "read": member.read,
            "read_ordinal": member.read_ordinal,
        }
        await connection.execute(
            insert(members).values(chat=effect.chat, user=effect.user, **rights, **cursors)
        )


def _member(effect: MemberPut | MemberGone) -> tuple[Any, Any]:
    return members.c.chat == effect.chat, members.c.user == effect.user


async def _member_gone(connection: AsyncConnection, effect: MemberGone, _now: int) -> None:
    await connection.execute(delete(members).where(*_member(effect)))


async def _ban_put(connection: AsyncConnection, effect: BanPut, _now: int) -> None:
    await connection.execute(insert(bans).values(chat=effect.chat, user=effect.user, by=effect.by))


async def _ban_gone(connection: AsyncConnection, effect: BanGone, _now: int) -> None:
    await connection.execute(delete(bans).where(bans.c.chat == effect.chat, bans.c.user == effect.user))


async def _pair(connection: AsyncConnection, effect: PairChanged, _now: int) -> None:
    one, other = effect.people
    values = {"friends": effect.after.friends, "requested_by": effect.after.requested_by}
    row = and_(friendships.c.one == one, friendships.c.other == other)
    changed = await connection.execute(update(friendships).where(row).values(values))
    if changed.rowcount == 0:
        await connection.execute(insert(friendships).values(one=one, other=other, **values))
    for blocker in effect.after.blockers - effect.before.blockers:
        await connection.execute(insert(blocks).values(blocker=blocker, blocked=_not(effect.people, blocker)))
    for blocker in effect.before.blockers - effect.after.blockers:
        await connection.execute(
            delete(blocks).where(
                blocks.c.blocker == blocker, blocks.c.blocked == _not(effect.people, blocker)
            )
        )


def _not(people: tuple[str, str], one: str) -> str:
    return people[1] if people[0] == one else people[0]


def _entry(chat: str, seq: int) -> Any:  # noqa: ANN401 - a SQL expression
    return and_(entries.c.chat == chat, entries.c.seq == seq)


async def _edited(connection: AsyncConnection, effect: MessageEdited, _now: int) -> None:
    values = {"content": effect.content, "edited": effect.by, "as_of": effect.by}
    await connection.execute(update(entries).where(_entry(effect.chat, effect.seq)).values(values))
    await connection.execute(insert(edits).values(chat=effect.chat, target=effect.seq, seq=effect.by))


async def _erased(connection: AsyncConnection, effect: MessageErased, _now: int) -> None:
    message = {"content": None, "deleted": True, "as_of": effect.by}
    await connection.execute(update(entries).where(_entry(effect.chat, effect.seq)).values(message))
    made = select(edits.c.seq).where(edits.c.chat == effect.chat, edits.c.target == effect.seq)
    earlier = and_(entries.c.chat == effect.chat, entries.c.seq.in_(made), entries.c.kind == EDITED)
    await connection.execute(update(entries).where(earlier).values(content=None, deleted=True))
    await connection.execute(
        delete(reactions).where(reactions.c.chat == effect.chat, reactions.c.seq == effect.seq)
    )


async def _reacted(connection: AsyncConnection, effect: ReactionChanged, _now: int) -> None:
    mark = {"chat": effect.chat, "seq": effect.seq, "emoji": effect.emoji, "user": effect.user}
    if effect.on:
        await connection.execute(insert(reactions).values(mark))
    else:
        await connection.execute(delete(reactions).where(*(reactions.c[name] == mark[name] for name in mark)))
    await connection.execute(update(entries).where(_entry(effect.chat, effect.seq)).values(as_of=effect.by))


_STORE: Mapping[type, Callable[[AsyncConnection, Any, int], Awaitable[None]]] = {
    ChatMade: _made,
    ChatNamed: _named,
    MemberPut: _member_put,
    MemberGone: _member_gone,
    BanPut: _ban_put,
    BanGone: _ban_gone,
    PairChanged: _pair,
    MessageEdited: _edited,
    MessageErased: _erased,
    ReactionChanged: _reacted,
}
