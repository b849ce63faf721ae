"""Users as others see them. Profiles are kept in memory for a while: every list of chats shows names."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from random import uniform

from sqlalchemy import BindParameter, bindparam, or_, select

from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.replies import FriendLists, ProfileListing
from hubbub.persist import bulk
from hubbub.persist.absent import Absent
from hubbub.persist.engine import Database
from hubbub.persist.failures import reading
from hubbub.persist.tables import blocks, friendships, users

KEPT_MS = 60_000  # so long another node's change of a name may stay unseen
ABSENT_MS = 500  # so long somebody who signed up on another node may be unknown here, if the bus lost that and they were asked for before
CHUNK = 500

Flight = asyncio.Future[ProfileListing | None]


class Directory:
    """Implements model.ports.People. `capacity`: profiles kept in memory; `clock` gives ms.

    `hits`: profiles that were in memory, `misses`: those that were read.
    """

    def __init__(self, database: Database, *, capacity: int, clock: Callable[[], int]) -> None:
        self._database = database
        self._capacity = capacity
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, ProfileListing]] = OrderedDict()
        self._absent = Absent(ABSENT_MS, clock)
        self._flights: dict[str, Flight] = {}
        self.hits = 0
        self.misses = 0

    async def exists(self, user: str) -> bool:
        """Whether there is such a user."""
        return bool(await self.profiles([user]))

    async def profiles(self, users: Iterable[str]) -> dict[str, ProfileListing]:
        """The profiles of those that exist; each is read by one at a time, however many ask."""
        now = self._clock()
        found: dict[str, ProfileListing] = {}
        missing: list[str] = []
        for user in users:
            until, profile = self._known.get(user, (0, None))
            if profile is not None and now < until:
                found[user] = profile
            elif user not in self._absent:
                missing.append(user)
        self.hits += len(found)
        self.misses += len(missing)
        flights = {user: self._flights[user] for user in missing if user in self._flights}
        mine = [user for user in missing if user not in flights]
        if mine:
            found |= await self._fly(mine)
        for user, flight in flights.items():
            profile = await asyncio.shield(flight)
            if profile is not None:
                found[user] = profile
        return found

    async def _fly(self, users: list[str]) -> dict[str, ProfileListing]:
        """Read them for all who ask meanwhile; what was said to be another by then is not kept."""
        loop = asyncio.get_running_loop()
        flights: dict[str, Flight] = {user: loop.create_future() for user in users}
        self._flights.update(flights)
        try:
            found = await self._read(users)
        except BaseException:
            self._landed(flights)
            for flight in flights.values():
                flight.set_exception(Refused(ErrorCode.UNAVAILABLE))
                flight.exception()  # nobody may have waited for it; that is no error
            raise
        self._keep({user: found.get(user) for user in self._landed(flights)})
        for user, flight in flights.items():
            flight.set_result(found.get(user))
        return found

    def _landed(self, flights: dict[str, Flight]) -> list[str]:
        """Those that are still the ones of their users."""
        landed = [user for user, flight in flights.items() if self._flights.get(user) is flight]
        for user in landed:
            del self._flights[user]
        return landed

    def _keep(self, read: dict[str, ProfileListing | None]) -> None:
        now = self._clock()
        self._absent.note(user for user, profile in read.items() if profile is None)
        for user, profile in read.items():
            if profile is not None:
                self._known[user] = (now + uniform(0.75, 1) * KEPT_MS, profile)  # noqa: S311 - no secret
                self._known.move_to_end(user)
        while len(self._known) > self._capacity:
            self._known.popitem(last=False)

    async def _read(self, users: list[str]) -> dict[str, ProfileListing]:
        found: dict[str, ProfileListing] = {}
        with reading():
            async with self._database.reading() as connection:
                for start in range(0, len(users), CHUNK):
                    asked = {"users": users[start : start + CHUNK]}
                    for user, display_name, avatar in await connection.execute(_PROFILES, asked):
                        found[user] = ProfileListing(user=user, display_name=display_name, avatar=avatar)
        return found

    def name_of(self, user: str) -> str | None:
        """How the user wants to be called, if that is in memory: it is for whom a use case has just looked up."""
        _, profile = self._known.get(user, (0, None))
        return None if profile is None else profile.display_name

    def forget(self, user: str) -> None:
        """The profile changed, or the user is new: read it again when next asked for, whatever is being read."""
        self._known.pop(user, None)
        self._absent.forget(user)
        self._flights.pop(user, None)

    async def relations(self, user: str) -> FriendLists:
        """Friends, requests and blocks. Requests of users one has blocked are not shown."""
        with reading():
            async with self._database.reading() as connection:
                rows = (await connection.execute(_FRIENDSHIPS, {"user": user})).all()
                blocked = list(await connection.scalars(_BLOCKED, {"user": user}))
        lists = FriendLists(friends=[], incoming=[], outgoing=[], blocked=sorted(blocked))
        for one, other, friends, requested_by in rows:
            peer = other if one == user else one
            if friends:
                lists.friends.append(peer)
            elif requested_by == user:
                lists.outgoing.append(peer)
            elif requested_by == peer and peer not in blocked:
                lists.incoming.append(peer)
        for each in (lists.friends, lists.incoming, lists.outgoing):
            each.sort()
        return lists

    async def last_seen(self, users: Iterable[str]) -> dict[str, int]:
        """When users were last connected (ms), where that is known."""
        with reading():
            async with self._database.reading() as connection:
                rows = await connection.execute(_LAST_SEEN, {"users": list(users)})
                return {user: seen for user, seen in rows if seen is not None}

    async def were_here(self, seen: dict[str, int]) -> None:
        """Keep when users were last connected."""
        rows = sorted(seen.items())
        await self._database.transact(lambda lane: lane.run_sync(bulk.raise_last_seen, rows))


_ASKED: BindParameter[list[str]] = bindparam("users", expanding=True)
_PROFILES = select(users.c.user, users.c.display_name, users.c.avatar).where(users.c.user.in_(_ASKED))
_LAST_SEEN = select(users.c.user, users.c.last_seen).where(users.c.user.in_(_ASKED))
_FRIENDSHIPS = select(friendships).where(
    or_(friendships.c.one == bindparam("user"), friendships.c.other == bindparam("user"))
)
_BLOCKED = select(blocks.c.blocked).where(blocks.c.blocker == bindparam("user"))
