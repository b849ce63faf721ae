"""Refreshing, listing and ending sessions (docs/protocol.md §6)."""

from hubbub.codec.access_tokens import mint
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Identity, SessionListing, Tokens
from hubbub.model.sessions import (
    MAX_REFRESH_CHARS,
    Entropy,
    Lifetimes,
    OnRevoked,
    SessionStore,
    Verdict,
    listing,
    refresh_hash,
    refresh_secret,
)


class Sessions:
    """What a user may do with their sessions. `on_revoked` runs after the commit and before the answer."""

    def __init__(
        self, store: SessionStore, secret: bytes, lifetimes: Lifetimes, on_revoked: OnRevoked
    ) -> None:
        self._store = store
        self._secret = secret
        self._lifetimes = lifetimes
        self._on_revoked = on_revoked

    async def refresh(self, refresh_token: str, now: int, entropy: Entropy) -> Tokens:
        """New tokens for an old refresh token; a stolen one ends its family. Refused: unauthenticated."""
        if not refresh_token.isascii() or len(refresh_token) > MAX_REFRESH_CHARS:
            raise _unknown()
        secret = refresh_secret(entropy)
        rotation = await self._store.rotate(
            refresh_hash(refresh_token), refresh_hash(secret), now, self._lifetimes
        )
        if rotation is None or rotation.verdict is Verdict.REFUSE:
            raise _unknown()
        session = rotation.session
        if rotation.verdict is Verdict.REVOKE:
            self._on_revoked([session.id])
            raise Refused(
                ErrorCode.UNAUTHENTICATED,
                "This refresh token was used before; the session is ended. Log in again.",
            )
        token, expires_at = mint(session.user, session.id, now, self._lifetimes.access_ms, self._secret)
        return Tokens(user=session.user, token=token, expires_at=expires_at, refresh_token=secret)

    async def listing(self, identity: Identity, now: int) -> list[SessionListing]:
        """The caller's living sessions, the last used first."""
        return [
            listing(session, identity.session) for session in await self._store.of_user(identity.user, now)
        ]

    async def revoke(self, identity: Identity, session: str, now: int) -> None:
        """End one session of the caller (`current`: this one). Refused: not_found."""
        target = identity.session if session == "current" else session
        revoked = await self._store.revoke(identity.user, target, now)
        if not revoked:
            raise Refused(ErrorCode.NOT_FOUND, "You have no such session.")
        self._on_revoked(revoked)

    async def revoke_all(self, identity: Identity, now: int) -> None:
        """End every session of the caller, this one included."""
        revoked = await self._store.revoke(identity.user, None, now)
        if revoked:
            self._on_revoked(revoked)


def _unknown() -> Refused:
    return Refused(ErrorCode.UNAUTHENTICATED, "The session has ended; log in again.")
