"""Logging in through an identity provider: there with a question, back with an answer, and a session of ours (docs/adr/0012).

Nothing is stored on the way. What the answer must fit travels sealed in the browser, and the session that comes of it has its
id before it is made, so that it is made once.
"""

import hmac
from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from hubbub.codec.access_tokens import mint
from hubbub.codec.external_tokens import ExternalClaims, Provider, Verified, issuer_and_key_id, verify
from hubbub.codec.oidc import Client, Metadata, authorization_url, is_from, parse_granted, token_request
from hubbub.codec.sealed import seal, unseal
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ids import external_user
from hubbub.model.logins import (
    ATTEMPT_MS,
    HAND_OVER_MS,
    Attempt,
    HandOver,
    KeySource,
    LoginFailed,
    LoginFailure,
    LoginStore,
    SignedIn,
    safe_return,
)
from hubbub.model.sessions import Entropy, Lifetimes, new_session_id, open_session, refresh_secret

ATTEMPT, HAND_OVER = "log-in attempt", "log-in hand-over"


class ProviderSite(Protocol):
    """A provider's own addresses: persist/provider_site. Both raise LoginFailed(unavailable)."""

    async def describe(self, now: int) -> Metadata:
        """What it says of itself, kept for a while."""

    async def grant(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """What its token endpoint answers. Raises LoginFailed(invalid) where it refuses."""


class Door(Struct, frozen=True, kw_only=True):
    """A provider people may come in by: who we are there, how its ID tokens are verified, where it is found."""

    label: str
    client: Client
    provider: Provider
    keys: KeySource
    site: ProviderSite
    redirect_uri: str


class LoginPolicy(Struct, frozen=True, kw_only=True):
    """What signs what is sealed and the access tokens, and how long sessions live."""

    secret: bytes
    lifetimes: Lifetimes = Lifetimes()


class ExternalLogins:
    """The doors by alias, and the way through one: `start`, `finish`, `redeem`."""

    def __init__(self, doors: Mapping[str, Door], store: LoginStore, policy: LoginPolicy) -> None:
        self.doors = doors
        self._store = store
        self._policy = policy

    def door(self, alias: str) -> Door:
        """Refused: not_found."""
        if alias not in self.doors:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such identity provider.")
        return self.doors[alias]

    async def start(self, alias: str, return_to: str | None, now: int, entropy: Entropy) -> tuple[str, str]:
        """Where to send the browser, and the attempt it must bring back. Refused: not_found. Raises LoginFailed."""
        door = self.door(alias)
        metadata = await door.site.describe(now)
        attempt = Attempt(
            alias=alias,
            state=refresh_secret(entropy),
            nonce=refresh_secret(entropy),
            verifier=refresh_secret(entropy),
            return_to=safe_return(return_to),
        )
        url = authorization_url(
            metadata,
            door.client,
            door.redirect_uri,
            state=attempt.state,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
        )
        return url, seal(attempt, ATTEMPT, self._policy.secret, now + ATTEMPT_MS)

    async def finish(
        self, alias: str, answer: Mapping[str, str], sealed: str, now: int, entropy: Entropy
    ) -> str:
        """The hand-over for the app, given the provider's answer and the attempt. Raises LoginFailed."""
        door = self.door(alias)
        attempt = unseal(sealed, Attempt, ATTEMPT, self._policy.secret, now)
        if attempt is None or attempt.alias != alias or not _same(answer.get("state", ""), attempt.state):
            raise LoginFailed(LoginFailure.EXPIRED, "no attempt of this browser fits the answer")
        metadata = await door.site.describe(now)
        claims = await self._prove(door, metadata, _code(answer, metadata), attempt, now)
        user = external_user(alias, claims.subject)
        if user is None:
            raise LoginFailed(LoginFailure.INVALID, "the subject cannot be a user name here")
        made = HandOver(
            user=user,
            display_name=claims.name or claims.subject[:80],
            session=new_session_id(entropy),
            return_to=attempt.return_to,
        )
        return seal(made, HAND_OVER, self._policy.secret, now + HAND_OVER_MS)

    async def _prove(
        self, door: Door, metadata: Metadata, code: str, attempt: Attempt, now: int
    ) -> ExternalClaims:
        """The claims of the ID token a code gives, all of it checked (Core §3.1.3.7)."""
        fields, headers = token_request(
            metadata, door.client, door.redirect_uri, code=code, verifier=attempt.verifier
        )
        document = await door.site.grant(metadata.token_endpoint, fields, headers)
        try:
            token = parse_granted(document).id_token
        except ValueError as error:
            raise LoginFailed(LoginFailure.INVALID, str(error)) from error
        claims = await _verified(door, token, now)
        if isinstance(claims, str):
            raise LoginFailed(LoginFailure.INVALID, claims)
        if not _same(claims.nonce, attempt.nonce):
            raise LoginFailed(LoginFailure.INVALID, "the ID token answers another attempt (nonce)")
        if claims.authorized_party not in {"", door.client.id}:
            raise LoginFailed(LoginFailure.INVALID, "the ID token was issued for another client (azp)")
        return claims

    async def redeem(self, sealed: str, device: str, now: int, entropy: Entropy) -> SignedIn:
        """The session of a hand-over, once. Refused: unauthenticated, unavailable."""
        handed = unseal(sealed, HandOver, HAND_OVER, self._policy.secret, now)
        if handed is None:
            raise _over()
        lifetimes = self._policy.lifetimes
        opening = open_session(handed.user, device, now, entropy, lifetimes, session_id=handed.session)
        if not await self._store.admit(opening, handed.display_name):
            raise _over()
        token, expires_at = mint(handed.user, handed.session, now, lifetimes.access_ms, self._policy.secret)
        return SignedIn(
            user=handed.user,
            token=token,
            expires_at=expires_at,
            refresh_token=opening.secret,
            return_to=handed.return_to,
        )


def _code(answer: Mapping[str, str], metadata: Metadata) -> str:
    """The code of an answer that is this provider's and no error (RFC 6749 §4.1.2)."""
    if not is_from(answer, metadata):
        raise LoginFailed(LoginFailure.INVALID, "the answer is of another issuer (RFC 9207)")
    error = answer.get("error")
    if error == "access_denied":
        raise LoginFailed(LoginFailure.CANCELLED, error)
    if error is not None or not answer.get("code"):
        raise LoginFailed(LoginFailure.INVALID, f"the provider answered {error or 'neither code nor error'}")
    return answer["code"]


async def _verified(door: Door, token: str, now: int) -> ExternalClaims | str:
    _, key_id = issuer_and_key_id(token)
    if door.keys.wants(key_id, now):
        await door.keys.fetch(now)
    key = door.keys.find(key_id)
    if key is None:
        return "The ID token's key is not known."
    return verify(token, Verified(door.provider, key), now)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _over() -> Refused:
    return Refused(ErrorCode.UNAUTHENTICATED, "This log-in was used already or took too long; log in again.")
