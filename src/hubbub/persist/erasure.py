"""What there is of a user to erase, and the parts of it that no chat's log holds: model.administration.ErasureStore.

What they said is found by `writes`, which names every message ever sent; a row goes once its message is erased, so it is also
the note of how far the erasure came.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import delete, func, literal, select, update

from hubbub.model.administration import ERASED_NAME, SaidThere
from hubbub.model.sessions import Lifetimes
from hubbub.persist.batch import SENT_REPLY
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.sessions import end_sessions
from hubbub.persist.tables import avatars, reactions, sessions, users, writes


class StoredErasure:
    """Users, their sessions, their picture, and what they wrote where."""

    def __init__(self, database: Database, lifetimes: Lifetimes) -> None:
        self._database = database
        self._lifetimes = lifetimes

    @unavailable_when_down
    async def begin(self, user: str, now: int) -> Sequence[str]:
        """Nobody comes in as this user any more; the sessions that ended by it."""
        return await self._database.transact(partial(self._begin, user, now))

    async def _begin(self, user: str, now: int, lane: Lane) -> list[str]:
        found = select(literal(1)).where(users.c.user == user).with_for_update()
        await lane.scalar(found)
        closed = {
            "banned_at": func.coalesce(users.c.banned_at, now),
            "erased_at": func.coalesce(users.c.erased_at, now),
            "admin_since": None,
            "password_hash": None,
        }
        await lane.execute(update(users).where(users.c.user == user).values(closed))
        return await end_sessions(user, None, now, self._lifetimes, lane)

    @unavailable_when_down
    async def said(self, user: str, limit: int) -> Sequence[SaidThere]:
        """Messages of the user that are not erased yet, or not noted as such."""
        query = (
            select(writes.c.msg_id, writes.c.chat, writes.c.seq)
            .where(writes.c.user == user, writes.c.reply == SENT_REPLY)
            .order_by(writes.c.msg_id)
            .limit(limit)
        )
        async with self._database.reading() as lane:
            return [SaidThere(**row) for row in (await lane.execute(query)).mappings()]

    @unavailable_when_down
    async def forget(self, user: str, said: Sequence[SaidThere]) -> None:
        """These are erased."""
        gone = delete(writes).where(
            writes.c.user == user, writes.c.msg_id.in_([each.msg_id for each in said])
        )
        await self._database.transact(lambda lane: lane.execute(gone))

    @unavailable_when_down
    async def reactions(self, user: str, limit: int) -> Sequence[tuple[str, int, str]]:
        """(chat, seq, emoji) of reactions the user gave. Looks at every reaction there is."""
        query = (
            select(reactions.c.chat, reactions.c.seq, reactions.c.emoji)
            .where(reactions.c.user == user)
            .order_by(reactions.c.chat, reactions.c.seq, reactions.c.emoji)
            .limit(limit)
        )
        async with self._database.reading() as lane:
            return [(chat, seq, emoji) for chat, seq, emoji in await lane.execute(query)]

    @unavailable_when_down
    async def finish(self, user: str) -> None:
        """Nothing names the user but the handle, which nobody can sign up with again."""
        nameless = {"display_name": ERASED_NAME, "avatar": None, "last_seen": None}

        async def work(lane: Lane) -> None:
            await lane.execute(update(users).where(users.c.user == user).values(nameless))
            await lane.execute(update(sessions).where(sessions.c.user == user).values(device=""))
            await lane.execute(delete(avatars).where(avatars.c.user == user))
            await lane.execute(delete(writes).where(writes.c.user == user))

        await self._database.transact(work)
