"""Users and rooms as administrators see and treat them: model.administration.AdministrationStore.

Searching looks at every row: a person asks for it, not a program.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, RowMapping, Select, func, literal, or_, select, update

from hubbub.model.administration import BanListing, RoomCard, UserCard, UserState
from hubbub.model.chats import GROUP, OWNER
from hubbub.model.sessions import Lifetimes
from hubbub.persist.chats import escaped
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.sessions import end_sessions
from hubbub.persist.tables import bans, chats, members, users

T = TypeVar("T")
_CARD = (
    users.c.user, users.c.display_name, users.c.avatar, users.c.created_at, users.c.last_seen, users.c.admin_since,
    users.c.banned_at, users.c.erased_at,
)  # fmt: skip
_STATES: Mapping[UserState, ColumnElement[bool]] = {
    "any": users.c.user > "",
    "banned": users.c.banned_at.is_not(None),
    "admin": users.c.admin_since.is_not(None),
}


class StoredAdministration:
    """The users table with its columns of administration, sessions, and rooms to look at."""

    def __init__(self, database: Database, lifetimes: Lifetimes) -> None:
        self._database = database
        self._lifetimes = lifetimes

    @unavailable_when_down
    async def users(self, query: str, state: UserState, after: str, limit: int) -> Sequence[UserCard]:
        """Users whose handle or name contains `query`, in the order of their handles."""
        asked = select(*_CARD).where(users.c.user > after, _STATES[state])
        if query:
            asked = asked.where(
                or_(
                    users.c.user.like(f"%{escaped(query)}%", escape="/"),
                    _contains(users.c.display_name, query),
                )
            )
        rows = await self._read(asked.order_by(users.c.user).limit(limit))
        return [_card(row) for row in rows]

    @unavailable_when_down
    async def user(self, user: str) -> UserCard | None:
        """One user."""
        rows = await self._read(select(*_CARD).where(users.c.user == user))
        return _card(rows[0]) if rows else None

    async def _read(self, query: Select[Any]) -> list[RowMapping]:
        async with self._database.reading() as lane:
            return (await lane.execute(query)).mappings()

    @unavailable_when_down
    async def ban(self, user: str, now: int) -> Sequence[str] | None:
        """Let nobody in as this user; the sessions that ended by it. None: no such user."""
        values = {"banned_at": func.coalesce(users.c.banned_at, now)}
        return await self._change(user, values, partial(end_sessions, user, None, now, self._lifetimes))

    @unavailable_when_down
    async def set_password(self, user: str, hashed: str, now: int) -> Sequence[str] | None:
        """Another password; the sessions that ended by it. None: no such user, or one without a password of ours."""
        ending = partial(end_sessions, user, None, now, self._lifetimes)
        return await self._change(user, {"password_hash": hashed}, ending, users.c.password_hash.is_not(None))

    @unavailable_when_down
    async def unban(self, user: str) -> bool:
        """Let the user in again; False if there is no such user, or one whose erasure began."""
        kept = users.c.erased_at.is_(None)
        return await self._change(user, {"banned_at": None}, _nothing_more, kept) is not None

    @unavailable_when_down
    async def set_admin(self, user: str, since: int | None) -> bool:
        """Give the right, or (None) take it; False if there is no such user, or an erased one."""
        kept = users.c.erased_at.is_(None)
        return await self._change(user, {"admin_since": since}, _nothing_more, kept) is not None

    async def _change(
        self,
        user: str,
        values: Mapping[str, Any],
        then: Callable[[Lane], Awaitable[T]],
        *conditions: ColumnElement[bool],
    ) -> T | None:
        """Change the user's row, locked by it, and go on in the same transaction. None: no such user."""
        found = select(literal(1)).where(users.c.user == user, *conditions).with_for_update()

        async def work(lane: Lane) -> T | None:
            if await lane.scalar(found) is None:
                return None
            await lane.execute(update(users).where(users.c.user == user).values(values))
            return await then(lane)

        return await self._database.transact(work)

    @unavailable_when_down
    async def rooms(self, query: str, after: str, limit: int) -> Sequence[RoomCard]:
        """Rooms whose name contains `query`, in the order of their ids."""
        asked = select(chats).where(chats.c.msg_type == GROUP, chats.c.id > after)
        if query:
            asked = asked.where(or_(_contains(chats.c.name, query), chats.c.id == query))
        return await self._cards(asked.order_by(chats.c.id).limit(limit))

    @unavailable_when_down
    async def room(self, chat: str) -> RoomCard | None:
        """One room."""
        found = await self._cards(select(chats).where(chats.c.id == chat, chats.c.msg_type == GROUP))
        return found[0] if found else None

    async def _cards(self, query: Select[Any]) -> list[RoomCard]:
        async with self._database.reading() as lane:
            rows = (await lane.execute(query)).mappings()
            ids = [row["id"] for row in rows]
            counted = await lane.execute(
                select(members.c.chat, func.count()).where(members.c.chat.in_(ids)).group_by(members.c.chat)
            )
            owning = await lane.execute(
                select(members.c.chat, members.c.user)
                .where(members.c.chat.in_(ids), members.c.role == OWNER)
                .order_by(members.c.user)
            )
        counts: dict[str, int] = dict(iter(counted))
        owners: dict[str, list[str]] = {each: [] for each in ids}
        for chat, user in owning:
            owners[chat].append(user)
        return [_room(row, counts.get(row["id"], 0), owners[row["id"]]) for row in rows]

    @unavailable_when_down
    async def bans(self, chat: str) -> Sequence[BanListing]:
        """Who is banned from a room."""
        rows = await self._read(
            select(bans.c.user, bans.c.by).where(bans.c.chat == chat).order_by(bans.c.user)
        )
        return [BanListing(**row) for row in rows]


async def _nothing_more(_lane: Lane) -> bool:
    return True


def _contains(column: ColumnElement[str], query: str) -> ColumnElement[bool]:
    return func.lower(column).like(func.lower(f"%{escaped(query)}%"), escape="/")


def _card(row: RowMapping) -> UserCard:
    kept = {name: value for name, value in row.items() if name != "admin_since"}
    return UserCard(**kept, admin=row["admin_since"] is not None, external=":" in row["user"])


def _room(row: RowMapping, count: int, owners: list[str]) -> RoomCard:
    return RoomCard(
        chat=row["id"],
        name=row["name"],
        public=bool(row["public"]),
        members=count,
        owners=owners,
        head=row["head"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
