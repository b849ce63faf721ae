"""Logging in through an identity provider: what is remembered on the way there and back, and how it can fail."""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from hubbub.model.identity import Tokens
from hubbub.model.sessions import Opening

ATTEMPT_MS = 600_000  # for a person to log in at the provider; the browser keeps the attempt so long
HAND_OVER_MS = 60_000  # from the answer of the provider to the app that fetches its session
MAX_RETURN_TO = 512


class LoginFailure(StrEnum):
    """Why the browser comes back without a session; the app has words for each."""

    CANCELLED = "cancelled"  # the person, or the provider on their behalf, said no
    EXPIRED = "expired"  # too late, twice, in another browser, or never begun
    UNAVAILABLE = "unavailable"  # the provider does not answer, or not as it should
    INVALID = "invalid"  # what it answered does not prove who the person is
    LIMITED = "limited"  # too many failures from this address


class LoginFailed(Exception):
    """Nobody is logged in. `detail` is for the log of the operator, never for the browser."""

    def __init__(self, failure: LoginFailure, detail: str) -> None:
        super().__init__(failure, detail)
        self.failure = failure
        self.detail = detail


class Attempt(Struct, frozen=True, kw_only=True):
    """One way to a provider and back: what its answer must fit (OpenID Connect Core §3.1.2.1, RFC 7636)."""

    alias: str
    state: str
    nonce: str
    verifier: str
    return_to: str


class HandOver(Struct, frozen=True, kw_only=True):
    """Somebody a provider vouched for; `session` is the id the one session made of this will have."""

    user: str
    display_name: str
    session: str
    return_to: str


class SignedIn(Tokens, kw_only=True):
    """Tokens, and where in the app the person wanted to go."""

    return_to: str


class ProviderListing(Struct, kw_only=True):
    """A button to log in with: `label` stands on it, `start` is where it leads."""

    alias: str
    label: str
    start: str


class KeySource(Protocol):
    """The keys of one provider: persist/provider_keys."""

    def find(self, key_id: str | None) -> object | None:
        """The key of that `kid` (None: the only one), if it is in memory."""

    def wants(self, key_id: str | None, now: int) -> bool:
        """Whether `fetch` may help."""

    async def fetch(self, now: int) -> None:
        """Ask for the keys again; never raises."""


class LoginStore(Protocol):
    """Sessions at rest: persist/sessions."""

    async def admit(self, opening: Opening, display_name: str) -> bool:
        """The session, and its user at the first time; False (and nothing written) if the session was made before."""


def safe_return(path: str | None) -> str:
    """A place inside the app, whatever was asked for: a browser must not be sent elsewhere by our word."""
    if not path or len(path) > MAX_RETURN_TO or not path.startswith("/") or path.startswith(("//", "/api/")):
        return "/"
    return path if path.isascii() and path.isprintable() and "\\" not in path else "/"
