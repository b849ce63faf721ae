"""OpenID Connect's authorization code flow with PKCE, as far as it is text: no socket, no clock, no chance.

Sources: OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636 (PKCE, S256 only), RFC 9207 (`iss`), RFC 9700.
"""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

WELL_KNOWN = "/.well-known/openid-configuration"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
S256 = "S256"
BASIC, POST = "client_secret_basic", "client_secret_post"


class Metadata(Struct, frozen=True, kw_only=True):
    """What a provider says of itself (Discovery §3), as far as it matters here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    code_challenge_methods_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: [BASIC])
    authorization_response_iss_parameter_supported: bool = False


class Client(Struct, frozen=True, kw_only=True):
    """What we are to a provider: settings `auth.external.<alias>`. Without a secret, a public client."""

    id: str
    secret: str = ""
    scopes: Sequence[str] = ("openid", "profile")


class Granted(Struct, frozen=True, kw_only=True):
    """The answer of the token endpoint; our access token there is not used."""

    id_token: str


def discovery_url(issuer: str) -> str:
    """Where a provider describes itself (Discovery §4)."""
    return issuer.rstrip("/") + WELL_KNOWN


def parse_metadata(document: bytes, issuer: str) -> Metadata:
    """The description, if it is the issuer's own and safe to follow. Raises ValueError with what is wrong."""
    try:
        found = msgspec.json.decode(document, type=Metadata)
    except msgspec.MsgspecError as error:
        message = f"no OpenID provider's description: {error}"
        raise ValueError(message) from error
    if found.issuer != issuer:  # Discovery §4.3: to the letter
        message = f"it describes the issuer {found.issuer!r}, not {issuer!r}"
        raise ValueError(message)
    for endpoint in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        _check_endpoint(endpoint, issuer)
    methods = found.code_challenge_methods_supported
    if methods is not None and S256 not in methods:
        message = "it does not support PKCE with S256"
        raise ValueError(message)
    return found


def _check_endpoint(endpoint: str, issuer: str) -> None:
    """Encrypted; but a provider on this very machine may have its endpoints here too."""
    parts = urlsplit(endpoint)
    is_local = urlsplit(issuer).hostname in LOOPBACK and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
        message = f"{endpoint!r} is no https URL"
        raise ValueError(message)


def challenge_of(verifier: str) -> str:
    """RFC 7636 §4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_url(
    metadata: Metadata, client: Client, redirect_uri: str, *, state: str, nonce: str, verifier: str
) -> str:
    """Where to send the browser (Core §3.1.2.1)."""
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(client.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": S256,
    }
    separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
    return f"{metadata.authorization_endpoint}{separator}{urlencode(asked)}"


def token_request(
    metadata: Metadata, client: Client, redirect_uri: str, *, code: str, verifier: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Fields and headers that turn a code into tokens (Core §3.1.3.1), with what authenticates us (RFC 6749 §2.3.1)."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": client.id,
    }
    if not client.secret:
        return fields, {}
    methods = metadata.token_endpoint_auth_methods_supported
    if BASIC not in methods and POST in methods:
        return fields | {"client_secret": client.secret}, {}
    pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
    return fields, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def parse_granted(document: bytes) -> Granted:
    """The tokens. Raises ValueError."""
    try:
        return msgspec.json.decode(document, type=Granted)
    except msgspec.MsgspecError as error:
        message = f"no answer of a token endpoint: {error}"
        raise ValueError(message) from error


def is_from(answer: Mapping[str, str], metadata: Metadata) -> bool:
    """Whether an answer to our redirect is this provider's, as far as it says (RFC 9207 §2.4)."""
    said = answer.get("iss")
    if said is None:
        return not metadata.authorization_response_iss_parameter_supported
    return said == metadata.issuer
