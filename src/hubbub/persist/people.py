"""Users as others see them. Profiles are kept in memory for a while: every list of chats shows names."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from sqlalchemy import BindParameter, bindparam, or_, select

from hubbub.model.replies import FriendLists, ProfileListing
from hubbub.persist import bulk
from hubbub.persist.engine import Database
from hubbub.persist.failures import reading
from hubbub.persist.tables import blocks, friendships, users

KEPT_MS = 60_000  # so long another node's change of a name may stay unseen
CHUNK = 500


class Directory:
    """Implements model.ports.People. `capacity`: profiles kept in memory; `clock` gives ms.

    `hits`: profiles that were in memory, `misses`: those that were read.
    """

    def __init__(self, database: Database, *, capacity: int, clock: Callable[[], int]) -> None:
        self._database = database
        self._capacity = capacity
        self._clock = clock
        self._known: OrderedDict[str, tuple[int, ProfileListing]] = OrderedDict()
        self.hits = 0
        self.misses = 0

    async def exists(self, user: str) -> bool:
        """Whether there is such a user."""
        return bool(await self.profiles([user]))

    async def profiles(self, users: Iterable[str]) -> dict[str, ProfileListing]:
        """The profiles of those that exist."""
        now = self._clock()
        found: dict[str, ProfileListing] = {}
        missing: list[str] = []
        for user in users:
            at, profile = self._known.get(user, (0, None))
            if profile is not None and now - at < KEPT_MS:
                found[user] = profile
            else:
                missing.append(user)
        self.hits += len(found)
        self.misses += len(missing)
        if missing:
            found |= await self._read(missing, now)
        return found

    async def _read(self, missing: list[str], now: int) -> dict[str, ProfileListing]:
        found: dict[str, ProfileListing] = {}
        with reading():
            async with self._database.reading() as connection:
                for start in range(0, len(missing), CHUNK):
                    asked = {"users": missing[start : start + CHUNK]}
                    for user, display_name, avatar in await connection.execute(_PROFILES, asked):
                        found[user] = ProfileListing(user=user, display_name=display_name, avatar=avatar)
        for user, profile in found.items():
            self._known[user] = (now, profile)
            self._known.move_to_end(user)
        while len(self._known) > self._capacity:
            self._known.popitem(last=False)
        return found

    def name_of(self, user: str) -> str | None:
        """How the user wants to be called, if that is in memory: it is for whom a use case has just looked up."""
        _, profile = self._known.get(user, (0, None))
        return None if profile is None else profile.display_name

    def forget(self, user: str) -> None:
        """The profile changed: read it again when next asked for."""
        self._known.pop(user, None)

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
