"""Sessions and refresh tokens at rest: model.sessions.SessionStore.

A revoked row is remembered until its `expires_at`, which revoking moves to the end of the last access token the session may
have out; so what a node has to know of revocations is `revoked_at IS NOT NULL AND expires_at > now`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec import structs
from sqlalchemy import case, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.sessions import (
    EXTERNAL_PREFIX,
    Lifetimes,
    Opening,
    RefreshToken,
    Rotation,
    Session,
    Verdict,
    judge,
)
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.tables import refresh_tokens, sessions, users

_SESSION = (
    sessions.c.id, sessions.c.user, sessions.c.device, sessions.c.created_at, sessions.c.used_at,
    sessions.c.expires_at, sessions.c.revoked_at,
)  # fmt: skip
_TOKEN = (
    refresh_tokens.c.hash, refresh_tokens.c.session, refresh_tokens.c.issued_at, refresh_tokens.c.parent,
    refresh_tokens.c.used_at,
)  # fmt: skip

PURGE_BATCH = 500  # rows: a few milliseconds of the write lock


class StoredSessions:
    """The sessions and refresh_tokens tables."""

    def __init__(self, database: Database, lifetimes: Lifetimes) -> None:
        self._database = database
        self._lifetimes = lifetimes

    @unavailable_when_down
    async def rotate(self, shown: bytes, successor: bytes, now: int, lifetimes: Lifetimes) -> Rotation | None:
        """Judge the token with hash `shown` and do what the verdict says. None: no such token."""
        if not await self._is_known(shown):  # so that guesses never take the writer
            return None
        return await self._database.transact(partial(self._rotate, shown, successor, now, lifetimes))

    async def _rotate(
        self, shown: bytes, successor: bytes, now: int, lifetimes: Lifetimes, connection: Lane
    ) -> Rotation | None:
        token = await _token(connection, shown)
        if token is None:
            return None
        session = await _lock(connection, token.session)
        token = await _token(connection, shown)  # as the one who held the lock left it
        if session is None or token is None:
            return None
        verdict = judge(
            token,
            session,
            successors=await _children(connection, token.hash),
            siblings=await _siblings(connection, token),
            now=now,
            grace_ms=lifetimes.grace_ms,
        )
        if verdict is Verdict.ROTATE:
            session = await _succeed(connection, token, session, successor, now, lifetimes)
        elif verdict is Verdict.REVOKE:
            await _do_revoke(connection, [session.id], now, lifetimes)
        return Rotation(verdict=verdict, session=session)

    @unavailable_when_down
    async def of_user(self, user: str, now: int) -> Sequence[Session]:
        """Living sessions, the last used first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(*_SESSION)
                .where(sessions.c.user == user, sessions.c.revoked_at.is_(None), sessions.c.expires_at > now)
                .order_by(sessions.c.used_at.desc(), sessions.c.id)
            )
            return [_session(row) for row in rows]

    @unavailable_when_down
    async def revoke(self, user: str, session: str | None, now: int) -> Sequence[str]:
        """Revoke one session of `user`, or (None) all that live; the ids of those that were revoked by this."""
        work = partial(end_sessions, user, session, now, self._lifetimes)
        return await self._database.transact(work)

    @unavailable_when_down
    async def admit(self, opening: Opening, display_name: str) -> bool:
        """The session, and its user at the first time; False (and nothing written) if the session was made before."""
        while not await self._exists(opening.session.id):
            try:
                await self._database.transact(partial(_admit, opening, display_name))
            except IntegrityError:  # the session, or its new user, was made by another request in this moment
                continue
            return True
        return False

    @unavailable_when_down
    async def ensure(self, session: Session, display_name: str) -> None:
        """The rows of an external user and session, if they are not there yet."""
        if await self._exists(session.id):
            return
        try:
            await self._database.transact(partial(_make_external, session, display_name))
        except IntegrityError:  # another connection of the same token was first
            if not await self._exists(session.id):
                raise

    async def _exists(self, session: str) -> bool:
        async with self._database.reading() as connection:
            found = await connection.scalar(select(literal(1)).where(sessions.c.id == session))
            return found is not None

    async def _is_known(self, token: bytes) -> bool:
        async with self._database.reading() as connection:
            return await _token(connection, token) is not None


async def end_sessions(
    user: str, session: str | None, now: int, lifetimes: Lifetimes, connection: Lane
) -> list[str]:
    """Revoke one session of `user`, or (None) all that live, inside the caller's transaction; their ids."""
    living = select(sessions.c.id).where(
        sessions.c.user == user, sessions.c.revoked_at.is_(None), sessions.c.expires_at > now
    )
    if session is not None:
        living = living.where(sessions.c.id == session)
    ids = list(await connection.scalars(living.order_by(sessions.c.id).with_for_update()))
    await _do_revoke(connection, ids, now, lifetimes)
    return ids


async def _do_revoke(connection: Lane, ids: Sequence[str], now: int, lifetimes: Lifetimes) -> None:
    remembered = case(
        (sessions.c.id.startswith(EXTERNAL_PREFIX), sessions.c.expires_at),
        else_=now + lifetimes.access_ms,
    )
    for each in ids:
        await connection.execute(
            update(sessions).where(sessions.c.id == each).values(revoked_at=now, expires_at=remembered)
        )


async def _make_external(session: Session, display_name: str, connection: Lane) -> None:
    await _ensure_user(connection, session, display_name)
    await _insert_session(connection, session)


async def _admit(opening: Opening, display_name: str, connection: Lane) -> None:
    await _ensure_user(connection, opening.session, display_name)
    await insert_opening(connection, opening)


async def _ensure_user(connection: Lane, session: Session, display_name: str) -> None:
    if await connection.scalar(select(users.c.user).where(users.c.user == session.user)) is None:
        made = {"user": session.user, "display_name": display_name, "created_at": session.created_at}
        await connection.execute(insert(users).values(made))


async def insert_opening(connection: Lane, opening: Opening) -> None:
    """A new session with its first refresh token, inside the caller's transaction. Refused(banned)."""
    await _insert_session(connection, opening.session)
    await connection.execute(insert(refresh_tokens).values(structs.asdict(opening.token)))


async def _insert_session(connection: Lane, session: Session) -> None:
    """The user's row is locked: a ban waits for this, or this for the ban (persist/administration)."""
    locked = select(users.c.banned_at).where(users.c.user == session.user).with_for_update()
    if await connection.scalar(locked) is not None:
        raise Refused(ErrorCode.BANNED, "This account is closed.")
    await connection.execute(insert(sessions).values(structs.asdict(session)))


async def _token(connection: Lane, shown: bytes) -> RefreshToken | None:
    row = (await connection.execute(select(*_TOKEN).where(refresh_tokens.c.hash == shown))).one_or_none()
    return None if row is None else _refresh_token(row)


async def _lock(connection: Lane, session: str) -> Session | None:
    """The session's row, locked: two refreshes of one family wait for each other on every database."""
    found = await connection.execute(select(*_SESSION).where(sessions.c.id == session).with_for_update())
    row = found.one_or_none()
    return None if row is None else _session(row)


async def _children(connection: Lane, parent: bytes) -> list[RefreshToken]:
    rows = await connection.execute(select(*_TOKEN).where(refresh_tokens.c.parent == parent))
    return [_refresh_token(row) for row in rows]


async def _siblings(connection: Lane, token: RefreshToken) -> list[RefreshToken]:
    if token.parent is None:
        return []
    return [each for each in await _children(connection, token.parent) if each.hash != token.hash]


async def _succeed(
    connection: Lane,
    token: RefreshToken,
    session: Session,
    successor: bytes,
    now: int,
    lifetimes: Lifetimes,
) -> Session:
    if token.used_at is None:
        await connection.execute(
            update(refresh_tokens).where(refresh_tokens.c.hash == token.hash).values(used_at=now)
        )
    child = RefreshToken(hash=successor, session=session.id, issued_at=now, parent=token.hash)
    await connection.execute(insert(refresh_tokens).values(structs.asdict(child)))
    slid = structs.replace(session, used_at=now, expires_at=now + lifetimes.session_ms)
    await connection.execute(
        update(sessions)
        .where(sessions.c.id == session.id)
        .values(used_at=slid.used_at, expires_at=slid.expires_at)
    )
    return slid


async def purge(database: Database, before: int) -> int:
    """Delete a batch of sessions that ended before `before` (ms) with their refresh tokens; how many sessions."""
    ended = (
        select(sessions.c.id)
        .where(sessions.c.expires_at < before)
        .order_by(sessions.c.expires_at)
        .limit(PURGE_BATCH)
    )

    async def work(connection: Lane) -> int:
        ids = list(await connection.scalars(ended))
        if ids:
            await connection.execute(delete(refresh_tokens).where(refresh_tokens.c.session.in_(ids)))
            await connection.execute(delete(sessions).where(sessions.c.id.in_(ids)))
        return len(ids)

    return await database.transact(work)


def _session(row: Sequence[Any]) -> Session:
    return Session(
        id=row[0], user=row[1], device=row[2], created_at=row[3], used_at=row[4], expires_at=row[5],
        revoked_at=row[6],
    )  # fmt: skip


def _refresh_token(row: Sequence[Any]) -> RefreshToken:
    return RefreshToken(hash=row[0], session=row[1], issued_at=row[2], parent=row[3], used_at=row[4])
