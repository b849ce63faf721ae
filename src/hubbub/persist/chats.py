"""Chats in memory, read from the database when needed.

There is one `Chat` object per chat and node: everybody who holds one sees what the journal settles into it. The least
recently used ones are let go; a weak reference keeps those alive that somebody still holds (a channel with listeners).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import BindParameter, Connection, Row, RowMapping, and_, bindparam, func, or_, select

from hubbub.model.chats import GROUP, PRIVATE, Chat, Member, Pair
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ids import ROOM_PREFIX
from hubbub.model.replies import RoomListing
from hubbub.persist.absent import Absent
from hubbub.persist.clock import machine_clock
from hubbub.persist.coalesced import Coalesced
from hubbub.persist.engine import Database
from hubbub.persist.failures import reading
from hubbub.persist.replicas import Replicas
from hubbub.persist.rows import COLUMNS, entry_of
from hubbub.persist.tables import bans, blocks, chats, entries, friendships, members, mutes

People = tuple[str, str]
Place = tuple[str, int, int]
"""(chat, head, rights_version)"""
Flight = asyncio.Future[Chat | None]
Flights = dict[str, Flight]
USERS_AT_ONCE = (
    100  # whose chats are read together: with ten chats each, a few milliseconds of the event loop
)
ABSENT_MS = 1_000  # of rooms only: nobody can know a room's 80 random bits before it is there, on whichever node it was made
CHUNK = 500  # ids in one IN list; SQLite allows 32,766 parameters, MySQL's packets are the tighter bound


class ChatStore:
    """Implements model.ports.Chats; the journal reads and settles through it too.

    `capacity`: chats kept without anybody holding them. `open_direct`: anyone may write to anyone. `shared`: other
    nodes write to the database too, so what is in memory may be outdated.
    """

    def __init__(
        self,
        database: Database,
        *,
        capacity: int,
        open_direct: bool,
        shared: bool = False,
        replicas: Replicas | None = None,
        clock: Callable[[], int] = machine_clock,
    ) -> None:
        self._database = database
        self._replicas = replicas or Replicas(database)
        self._capacity = capacity
        self._open = open_direct
        self._shared = shared
        self._outdated: set[str] = set()
        self._known: WeakValueDictionary[str, Chat] = WeakValueDictionary()
        self._recent: OrderedDict[str, Chat] = OrderedDict()
        self._flights: Flights = {}
        self._rows_of = Coalesced(self._read_rows, most=USERS_AT_ONCE)
        self._chats_of = Coalesced(self._read_chats, most=USERS_AT_ONCE)
        self._absent = Absent(ABSENT_MS, clock)
        self._settled: dict[object, set[str]] = {}  # for each read in progress: what was settled meanwhile

    def peek(self, chat: str) -> Chat | None:
        """The chat, if it is in memory and current, as far as this node was told."""
        if chat in self._outdated:
            return None
        found = self._recent.get(chat)
        if found is not None:
            self._recent.move_to_end(chat)
            return found
        found = self._known.get(chat)
        if found is not None:
            self._keep(found)
        return found

    def _keep(self, chat: Chat) -> None:
        self._recent[chat.id] = chat
        if len(self._recent) > self._capacity:
            self._recent.popitem(last=False)

    def adopt(self, chat: Chat) -> Chat:
        """The journal has settled something: the object everybody holds says so, whatever a reader is still reading."""
        for settled in self._settled.values():
            settled.add(chat.id)
        self._absent.forget(chat.id)
        self._outdated.discard(chat.id)
        known = self._known.get(chat.id)
        if known is None:
            known = self._known[chat.id] = chat
            self._keep(chat)
        elif known is not chat:
            known.become(chat)  # somebody read a new chat before the journal had its answer
        return known

    def renew(self, fresh: Chat) -> Chat:
        """What was just read under lock, in the object that everybody holds if there is one."""
        known = self._known.get(fresh.id)
        if known is None:
            return fresh
        self._outdated.discard(fresh.id)
        known.become(fresh)
        return known

    def outdated(self, chat: str) -> bool:
        """Another node may have changed it: it is read again, into the same object, when next asked for."""
        if not self._shared:
            return False
        for settled in self._settled.values():
            settled.add(chat)
        self._absent.forget(chat)
        if chat in self._known:
            self._outdated.add(chat)
        if len(self._outdated) > self._capacity:
            self._outdated.intersection_update(self._known)
        return True

    async def follow(self, places: Iterable[Place]) -> None:
        """Where chats in memory fell behind what other nodes wrote, read them again, into the objects everybody holds."""
        stale = [chat for chat, *place in places if self._is_behind(chat, *place)]
        if stale:
            with reading():
                async with self._database.reading() as connection:
                    read = await connection.run_sync(self.fetch, stale, {})
            for fresh in read.values():
                self._catch_up(fresh)

    def _is_behind(self, chat: str, head: int, rights_version: int) -> bool:
        known = self._known.get(chat)
        return known is not None and (head > known.head or rights_version > known.rights_version)

    def _catch_up(self, fresh: Chat) -> None:
        """Both counts only rise; what the journal settled meanwhile is newer than what was read."""
        self._outdated.discard(fresh.id)
        known = self._known.get(fresh.id)
        if (
            known is not None
            and known is not fresh
            and known.head <= fresh.head
            and known.rights_version <= fresh.rights_version
        ):
            known.become(fresh)

    async def load(self, chat: str, people: People | None = None) -> Chat | None:
        """The chat, read if need be; one reader at a time, however many ask."""
        while (found := self.peek(chat)) is None and chat not in self._absent:
            flight = self._flights.get(chat)
            if flight is None:
                return (await self._read([chat], {} if people is None else {chat: people})).get(chat)
            found = await asyncio.shield(flight)
            if found is not None or people is None:
                break
        return found

    async def load_many(self, ids: Iterable[str]) -> list[Chat]:
        """Those that exist, in the order asked."""
        wanted = list(ids)
        found = {each: chat for each in wanted if (chat := self.peek(each)) is not None}
        flights = {
            each: self._flights[each] for each in wanted if each not in found and each in self._flights
        }
        missing = [each for each in wanted if each not in found and each not in flights]
        if missing:
            found |= await self._read(
                missing, {}
            )  # what is outdated meanwhile is still the object everybody holds
        for each, flight in flights.items():
            chat = await asyncio.shield(flight)
            if chat is not None:
                found[each] = chat
        return [found[each] for each in wanted if each in found]

    async def _read(self, ids: list[str], people: dict[str, People]) -> dict[str, Chat]:
        loop = asyncio.get_running_loop()
        flights = {each: loop.create_future() for each in ids if each not in self._flights}
        self._flights.update(flights)
        try:
            loaded = await self._read_fresh(ids, people)
        except BaseException:
            self._land(flights, lambda _, flight: flight.set_exception(Refused(ErrorCode.UNAVAILABLE)))
            raise
        self._land(flights, lambda each, flight: flight.set_result(loaded.get(each)))
        return loaded

    def _land(self, flights: Flights, tell: Callable[[str, Flight], None]) -> None:
        for each, flight in flights.items():
            del self._flights[each]
            tell(each, flight)
            flight.exception()  # nobody may have waited for it; that is no error

    async def _read_fresh(self, ids: list[str], people: dict[str, People]) -> dict[str, Chat]:
        """Read again if something read was settled meanwhile and is not in memory any more."""
        read = object()
        settled = self._settled[read] = set()
        try:
            with reading():
                async with self._database.reading() as connection:
                    while True:
                        settled.clear()
                        loaded = await connection.run_sync(self.fetch, ids, people)
                        await connection.rollback()
                        if all(self.peek(each) is not None for each in settled.intersection(ids)):
                            break
        finally:
            del self._settled[read]
        for each in ids:
            known = self.peek(each)
            if known is not None:
                loaded[each] = known
            elif each in loaded:
                loaded[each] = self._landed(loaded[each])
            elif each.startswith(ROOM_PREFIX):
                self._absent.note([each])
        return loaded

    def _landed(self, fresh: Chat) -> Chat:
        """What was read, in the object that everybody holds; memory that is newer stays as it is."""
        known = self._known.get(fresh.id)
        if known is None:
            known = self._known[fresh.id] = fresh
        self._catch_up(fresh)
        self._keep(known)
        return known

    def fetch(self, connection: Connection, ids: Sequence[str], people: dict[str, People]) -> dict[str, Chat]:
        """Read chats on this connection, memory aside: the journal does so inside its transaction."""
        found: dict[str, Chat] = {}
        for start in range(0, len(ids), CHUNK):
            found |= self._fetch_chunk(connection, ids[start : start + CHUNK])
        for each, two in people.items():
            if each in ids and each not in found:
                found[each] = Chat(id=each, msg_type=PRIVATE, people=(min(two), max(two)), visible=False)
        self._fill_pairs(connection, [chat for chat in found.values() if chat.people is not None])
        return found

    def _fetch_chunk(self, connection: Connection, ids: Sequence[str]) -> dict[str, Chat]:
        found = {row["id"]: _chat(row) for row in connection.execute(_CHATS, {"ids": ids}).mappings()}
        for row in connection.execute(_MEMBERS, {"ids": ids}):
            found[row.chat].members[row.user] = _member(row)
        for chat, user in connection.execute(_BANS, {"ids": ids}):
            found[chat].banned.add(user)
        for chat, user, until in connection.execute(_MUTES, {"ids": ids}):
            found[chat].muted[user] = until
        for row in connection.execute(_LAST, {"ids": ids}):
            found[row.chat].last = entry_of(tuple(row))
        return found

    def _fill_pairs(self, connection: Connection, pairs: list[Chat]) -> None:
        for chat in pairs:
            if chat.people is not None:
                chat.pair = self._pair(connection, *chat.people)

    def _pair(self, connection: Connection, one: str, other: str) -> Pair:
        row = (connection.execute(_FRIENDSHIP, {"one": one, "other": other})).first()
        blockers = connection.execute(_BLOCKERS, {"one": one, "other": other})
        return Pair(
            friends=bool(row and row.friends),
            open=self._open,
            requested_by=row.requested_by if row else None,
            blockers=frozenset(blocker for (blocker,) in blockers),
        )

    async def ids_of_user(self, user: str) -> list[str]:
        """The ids of every chat the user is a member of, in order, as they are at rest."""
        return [row[1] for row in await self._rows_of.ask(user)]

    async def of_user(self, user: str) -> list[Chat]:
        """Every chat the user is a member of, in the order of their ids, as they are at rest."""
        return await self._chats_of.ask(user)

    async def _read_rows(self, users: Sequence[str]) -> dict[str, list[Sequence[Any]]]:
        """Where these users are members."""
        found: dict[str, list[Sequence[Any]]] = {user: [] for user in users}
        with reading():
            async with self._database.reading() as connection:
                for row in await connection.execute(_OF_USERS, {"users": users}):
                    found[row[0]].append(row)
        return found

    async def _read_chats(self, users: Sequence[str]) -> dict[str, list[Chat]]:
        rows = await self._read_rows(users)
        everything = {(row[1], row[2], row[3]) for of_one in rows.values() for row in of_one}
        loaded = {chat.id: chat for chat in await self.load_many({each[0] for each in everything})}
        await self.follow(everything)  # what others were reading already is older perhaps
        return {user: list(_memberships(user, rows[user], loaded)) for user in users}

    async def rooms(self, query: str, after: str, limit: int) -> Sequence[RoomListing]:
        """Public rooms with members whose name contains `query` (letters' case aside), in the order of their ids."""
        statement = (
            select(chats.c.id, chats.c.name, func.count(members.c.user))
            .join(members, members.c.chat == chats.c.id)
            .where(chats.c.public, chats.c.id > after)
            .where(func.lower(chats.c.name).like(func.lower(f"%{escaped(query)}%"), escape="/"))
            .group_by(chats.c.id, chats.c.name)
            .order_by(chats.c.id)
            .limit(limit)
        )
        with reading():
            rows = await self._replicas.of_everything(lambda lane: lane.execute(statement))
        return [RoomListing(chat=chat, name=name, members=count) for chat, name, count in rows]


def _memberships(user: str, rows: Iterable[Sequence[Any]], loaded: Mapping[str, Chat]) -> Iterator[Chat]:
    """The chats of a user's rows; another node may have raised the cursors."""
    for row in rows:
        chat = loaded.get(row[1])
        if chat is not None and user in chat.members:
            chat.members[user].raise_to(*row[4:])
            yield chat


def escaped(query: str) -> str:
    """The query without wildcards; the database lowers both sides, for each has its own idea of letters."""
    return query.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _chat(row: RowMapping) -> Chat:
    people = (row["one"], row["other"]) if row["msg_type"] == PRIVATE else None
    return Chat(
        id=row["id"],
        msg_type=GROUP if people is None else PRIVATE,
        name=row["name"],
        public=bool(row["public"]),
        people=people,
        visible=bool(row["visible"]),
        head=row["head"],
        ordinal=row["ordinal"],
        rights_version=row["rights_version"],
    )


def _member(row: Row[tuple[object, ...]]) -> Member:
    return Member(
        role=_ROLES[row.role],
        muted_until=row.muted_until,
        since=row.since,
        received=row.received,
        read=row.read,
        read_ordinal=row.read_ordinal,
        standing=row.standing,
    )


_ROLES = {role: role for role in ("owner", "admin", "member")}  # one string object each, not one per member
_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_CHATS = select(chats).where(chats.c.id.in_(_IDS))
_MEMBERS = select(members).where(members.c.chat.in_(_IDS))
_BANS = select(bans.c.chat, bans.c.user).where(bans.c.chat.in_(_IDS))
_MUTES = select(mutes.c.chat, mutes.c.user, mutes.c.until).where(mutes.c.chat.in_(_IDS))
_LAST = (
    select(*(entries.c[name] for name in COLUMNS))
    .join(chats, and_(entries.c.chat == chats.c.id, entries.c.seq == chats.c.head))
    .where(chats.c.id.in_(_IDS))
)
_FRIENDSHIP = select(friendships).where(
    friendships.c.one == bindparam("one"), friendships.c.other == bindparam("other")
)
_BLOCKERS = select(blocks.c.blocker).where(
    or_(
        and_(blocks.c.blocker == bindparam("one"), blocks.c.blocked == bindparam("other")),
        and_(blocks.c.blocker == bindparam("other"), blocks.c.blocked == bindparam("one")),
    )
)
_OF_USERS = (
    select(
        members.c.user, members.c.chat, chats.c.head, chats.c.rights_version, members.c.received, members.c.read,
        members.c.read_ordinal,
    )
    .join(chats, chats.c.id == members.c.chat)
    .where(members.c.user.in_(bindparam("users", expanding=True)))
    .order_by(members.c.user, members.c.chat)
)  # fmt: skip
