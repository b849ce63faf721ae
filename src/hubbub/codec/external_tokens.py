"""Tokens of external identity providers (RFC 7519, RFC 8725). Pure: key and time are arguments.

The algorithms come from configuration, never from the token; HMAC and public keys never mix, and `none` is none.
"""

import hashlib
from typing import Any, NamedTuple

import jwt
import msgspec
from jwt.exceptions import (
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
)
from msgspec import Struct

from hubbub.codec.access_tokens import MAX_CHARS

LEEWAY_MS = 30_000  # how far a provider's clock may be ahead of ours; ends are taken to the letter
_HMAC = frozenset({"HS256", "HS384", "HS512"})
_NO_CLOCK = {
    "require": ["iss", "sub", "aud", "exp"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
_REASONS = {
    InvalidSignatureError: "The token's signature is wrong.",
    InvalidAlgorithmError: "The token is signed with an algorithm that is not allowed here.",
    InvalidAudienceError: "The token is meant for somebody else (aud).",
    InvalidIssuerError: "The token is of another issuer.",
    MissingRequiredClaimError: "The token lacks a claim: iss, sub, aud and exp are needed.",
}


class Provider(Struct, frozen=True, kw_only=True):
    """A configured identity provider: settings `auth.external.<alias>` without its keys."""

    alias: str
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    name_claim: str = "name"

    def __post_init__(self) -> None:
        hashed = _HMAC.intersection(self.algorithms)
        if not self.algorithms or "none" in self.algorithms or (hashed and hashed != set(self.algorithms)):
            msg = f"{self.alias}: algorithms must be all HMAC or all public-key, and never none"
            raise ValueError(msg)


class Verified(NamedTuple):
    """A provider with the key the token names."""

    provider: Provider
    key: Any


class ExternalClaims(Struct, frozen=True, kw_only=True):
    """What a valid token says; `fingerprint` is the same for the same token on every node. Times in ms.

    `nonce` and `authorized_party` are an ID token's (OpenID Connect Core §2), "" where it has none.
    """

    subject: str
    name: str
    fingerprint: str
    expires_at: int
    nonce: str = ""
    authorized_party: str = ""


class _Header(Struct):
    kid: str | None = None


class _Issuer(Struct):
    iss: str = ""


def issuer_and_key_id(token: str) -> tuple[str, str | None]:
    """Whose token this claims to be, not yet believed; ("", None) for what is no token."""
    parts = token.split(".")
    if len(token) > MAX_CHARS or len(parts) != 3:
        return "", None
    try:
        header = msgspec.json.decode(jwt.utils.base64url_decode(parts[0]), type=_Header)
        claims = msgspec.json.decode(jwt.utils.base64url_decode(parts[1]), type=_Issuer)
    except ValueError:
        return "", None
    return claims.iss, header.kid


def verify(token: str, verified: Verified, now: int) -> ExternalClaims | str:
    """What the token says, or the sentence that says what is wrong with it."""
    provider, key = verified
    try:
        claims = jwt.decode(
            token,
            key,
            list(provider.algorithms),
            options=_NO_CLOCK,  # type: ignore[arg-type]
            issuer=provider.issuer,
            audience=provider.audience,
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        return _REASONS.get(type(error), "The token is malformed.")
    return _checked(provider, token, claims, now)


def _checked(provider: Provider, token: str, claims: dict[str, Any], now: int) -> ExternalClaims | str:
    expires_at, starts_at = _ms(claims["exp"]), _ms(claims.get("nbf", 0))
    if expires_at is None or starts_at is None or not isinstance(claims["sub"], str):
        return "The token is malformed."
    if expires_at <= now:
        return "The token has expired."
    if starts_at > now + LEEWAY_MS:
        return "The token is not valid yet."
    name = claims.get(provider.name_claim)
    return ExternalClaims(
        subject=claims["sub"],
        name=_clean(name) if isinstance(name, str) else "",
        fingerprint=_fingerprint(provider, token, claims.get("jti")),
        expires_at=expires_at,
        nonce=_text(claims.get("nonce")),
        authorized_party=_text(claims.get("azp")),
    )


def _text(claim: object) -> str:
    return claim if isinstance(claim, str) else ""


def _ms(seconds: object) -> int | None:
    """A NumericDate (RFC 7519 §2) in ms; None for what is none, or would not fit the database."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 2**40:
        return None
    return int(seconds * 1000)


def _clean(name: str) -> str:
    return "".join(each for each in name if each.isprintable())[:80].strip()


def _fingerprint(provider: Provider, token: str, token_id: object) -> str:
    """By `jti` where the provider numbers its tokens; else by what is signed, as a signature can be re-encoded."""
    named = (
        f"jti:{token_id}" if isinstance(token_id, str) and token_id else f"token:{token.rpartition('.')[0]}"
    )
    material = f"{provider.alias}\0{named}".encode(errors="surrogatepass")
    return hashlib.blake2b(material, digest_size=20).hexdigest()
