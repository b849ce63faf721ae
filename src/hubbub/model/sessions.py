"""Sessions and refresh tokens (docs/protocol.md §6): their life and the rule of rotation.

A session is a family of refresh tokens. Each token is used once and names its successor's parent; the rule below says
what becomes of a token that is shown again. Times are in ms.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Protocol

from msgspec import Struct

from hubbub.model.identity import SessionListing
from hubbub.model.ids import opaque

SESSION_BYTES = 15  # 120 bits: nobody guesses another's session
REFRESH_BYTES = 32  # 256 bits: so plain SHA-256 at rest is enough
MAX_REFRESH_CHARS = 64
DAY_MS = 86_400_000
OWN_PREFIX = "s"
EXTERNAL_PREFIX = "x"  # the session of one token of an external identity provider


class Lifetimes(Struct, frozen=True, kw_only=True):
    """Settings `auth.*`, in ms: the access token's life, the session's without use, the grace for a lost answer."""

    access_ms: int = 900_000
    session_ms: int = 30 * DAY_MS
    grace_ms: int = 30_000


class Session(Struct, frozen=True, kw_only=True):
    """A row. `revoked_at` is None while it lives; `expires_at` slides with every refresh."""

    id: str
    user: str
    device: str
    created_at: int
    used_at: int
    expires_at: int
    revoked_at: int | None = None


class RefreshToken(Struct, frozen=True, kw_only=True):
    """A row: the hash of a token, the one it replaced, and when it was used first."""

    hash: bytes
    session: str
    issued_at: int
    parent: bytes | None = None
    used_at: int | None = None


class Opening(Struct, frozen=True, kw_only=True):
    """A new session with its first refresh token; `secret` is what the client gets and we forget."""

    session: Session
    token: RefreshToken
    secret: str


Entropy = Callable[[int], bytes]
OnRevoked = Callable[[Sequence[str]], None]


def new_session_id(entropy: Entropy) -> str:
    """The id of a session to be."""
    return opaque(OWN_PREFIX, entropy(SESSION_BYTES))


def open_session(
    user: str, device: str, now: int, entropy: Entropy, lifetimes: Lifetimes, *, session_id: str | None = None
) -> Opening:
    """A new session of `user`, ready to be stored; with `session_id` one whose id was given out before."""
    session = Session(
        id=session_id or new_session_id(entropy),
        user=user,
        device=device,
        created_at=now,
        used_at=now,
        expires_at=now + lifetimes.session_ms,
    )
    secret = refresh_secret(entropy)
    token = RefreshToken(hash=refresh_hash(secret), session=session.id, issued_at=now)
    return Opening(session=session, token=token, secret=secret)


def refresh_secret(entropy: Entropy) -> str:
    """256 random bits in 43 characters."""
    return urlsafe_b64encode(entropy(REFRESH_BYTES)).rstrip(b"=").decode()


def refresh_hash(secret: str) -> bytes:
    """What is stored of a refresh token."""
    return hashlib.sha256(secret.encode()).digest()


class Verdict(Enum):
    """What is done about a refresh token that was shown."""

    ROTATE = auto()
    REFUSE = auto()
    REVOKE = auto()


def judge(
    token: RefreshToken,
    session: Session,
    *,
    successors: Sequence[RefreshToken],
    siblings: Sequence[RefreshToken],
    now: int,
    grace_ms: int,
) -> Verdict:
    """The rule of docs/protocol.md §6; `siblings` are the other successors of the token's parent.

    A fresh token is rotated. One used up to `grace_ms` ago, none of whose successors was used yet, is rotated again:
    the answer was lost, or two tabs asked at once. Of the successors given out so, one may carry on; a second one, like
    every other reuse, is a copy in strange hands: the family ends.
    """
    if session.revoked_at is not None or session.expires_at <= now:
        return Verdict.REFUSE
    if _any_used(siblings):
        return Verdict.REVOKE
    if token.used_at is None:
        return Verdict.ROTATE
    lost = now - token.used_at <= grace_ms and not _any_used(successors)
    return Verdict.ROTATE if lost else Verdict.REVOKE


def _any_used(tokens: Sequence[RefreshToken]) -> bool:
    return any(token.used_at is not None for token in tokens)


class Rotation(Struct, frozen=True, kw_only=True):
    """What rotating did: the session as it is now, and whether it was revoked for a reuse."""

    verdict: Verdict
    session: Session


class ExternalSessions(Protocol):
    """Rows of sessions that began elsewhere: persist/sessions, and persist/shared_sessions before it."""

    async def ensure(self, session: Session, display_name: str) -> None:
        """The rows of an external user and session, if they are not there yet."""


class SessionStore(ExternalSessions, Protocol):
    """Sessions at rest: persist/sessions. Each call is one transaction."""

    async def rotate(self, shown: bytes, successor: bytes, now: int, lifetimes: Lifetimes) -> Rotation | None:
        """Judge the token with hash `shown` and do what the verdict says. None: no such token."""

    async def of_user(self, user: str, now: int) -> Sequence[Session]:
        """Living sessions, the last used first."""

    async def revoke(self, user: str, session: str | None, now: int) -> Sequence[str]:
        """Revoke one session of `user`, or (None) all that live; the ids of those that were revoked by this."""


def listing(session: Session, current: str) -> SessionListing:
    """A session as its owner sees it."""
    return SessionListing(
        session=session.id,
        device=session.device,
        created_at=session.created_at,
        used_at=session.used_at,
        expires_at=session.expires_at,
        current=session.id == current,
    )
