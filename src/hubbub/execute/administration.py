"""Users as administrators treat them: found, banned, let in again, given the right, another password, logged out."""

from collections.abc import Sequence

from hubbub.model.accounts import MAX_PASSWORD, Passwords
from hubbub.model.administration import (
    PAGE,
    AdministrationStore,
    Audit,
    UserCard,
    UserPage,
    UserState,
)
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller, SessionListing
from hubbub.model.sessions import OnRevoked, SessionStore, listing


class UserAdministration:
    """`on_revoked` runs after the commit and before the answer, as where users log themselves out."""

    def __init__(
        self,
        store: AdministrationStore,
        sessions: SessionStore,
        passwords: Passwords,
        on_revoked: OnRevoked,
        audit: Audit,
        *,
        password_chars: int,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._passwords = passwords
        self._on_revoked = on_revoked
        self._audit = audit
        self._password_chars = password_chars

    async def check_right(self, user: str) -> None:
        """The user administers this server; asked of the database each time. Refused(forbidden)."""
        if not await self.has_right(user):
            raise Refused(ErrorCode.FORBIDDEN, "Only administrators of this server may do this.")

    async def has_right(self, user: str) -> bool:
        """The same as an answer."""
        found = await self._store.user(user)
        return found is not None and found.admin and found.banned_at is None

    async def find(self, query: str, only: UserState, after: str) -> UserPage:
        """A page of users."""
        found = await self._store.users(query, only, after, PAGE + 1)
        return UserPage(users=list(found[:PAGE]), more=len(found) > PAGE)

    async def show(self, user: str) -> UserCard:
        """One user. Refused: not_found."""
        return _existing(await self._store.user(user))

    async def ban(self, caller: Caller, user: str, now: int) -> UserCard:
        """Close the account and every connection of it. Refused: not_found, forbidden."""
        _check_another(caller, user)
        await self._ended(await self._store.ban(user, now))
        return await self._done(caller, "ban", user, now)

    async def unban(self, caller: Caller, user: str, now: int) -> UserCard:
        """Open it again. Refused: not_found, conflict (it was erased)."""
        _check_kept(_existing(await self._store.user(user)))
        await self._store.unban(user)
        return await self._done(caller, "unban", user, now)

    async def set_admin(self, caller: Caller, user: str, now: int, *, admin: bool) -> UserCard:
        """Give the right or take it. Nobody takes their own: one is left. Refused: not_found, conflict, forbidden."""
        if not admin:
            _check_another(caller, user)
        _check_kept(_existing(await self._store.user(user)))
        await self._store.set_admin(user, now if admin else None)
        return await self._done(caller, "grant" if admin else "withdraw", user, now)

    async def set_password(self, caller: Caller, user: str, password: str, now: int) -> UserCard:
        """Another password, and every session ends. Refused: bad_request, too_long, not_found."""
        if len(password) < self._password_chars:
            raise Refused(
                ErrorCode.BAD_REQUEST, f"password needs at least {self._password_chars} characters."
            )
        if len(password) > MAX_PASSWORD:
            raise Refused(ErrorCode.TOO_LONG, f"password has at most {MAX_PASSWORD} characters.")
        await self.show(user)
        ended = await self._store.set_password(user, await self._passwords.hash(password), now)
        if ended is None:
            raise Refused(ErrorCode.CONFLICT, "This user logs in elsewhere: there is no password of ours.")
        await self._ended(ended)
        return await self._done(caller, "password", user, now)

    async def sessions(self, user: str, now: int) -> list[SessionListing]:
        """The user's living sessions, the last used first."""
        await self.show(user)
        return [listing(session, "") for session in await self._sessions.of_user(user, now)]

    async def revoke(self, caller: Caller, user: str, session: str | None, now: int) -> None:
        """End one session, or (None) all. Refused: not_found."""
        await self.show(user)
        ended = await self._sessions.revoke(user, session, now)
        if session is not None and not ended:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such session.")
        await self._ended(ended)
        await self._audit(caller, "log out", user, now, session or "all sessions")

    async def _ended(self, sessions: Sequence[str] | None) -> None:
        if sessions is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
        if sessions:
            self._on_revoked(sessions)

    async def _done(self, caller: Caller, act: str, user: str, now: int) -> UserCard:
        await self._audit(caller, act, user, now)
        return await self.show(user)


def _existing(card: UserCard | None) -> UserCard:
    if card is None:
        raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
    return card


def _check_another(caller: Caller, user: str) -> None:
    if caller.user == user:
        raise Refused(ErrorCode.FORBIDDEN, "Not to yourself: ask another administrator.")


def _check_kept(card: UserCard) -> None:
    if card.erased_at is not None:
        raise Refused(ErrorCode.CONFLICT, "This user was erased; there is no way back.")
