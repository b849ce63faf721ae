"""The keys of external identity providers: a shared secret, a PEM file, a JWKS file, or a JWKS URL (RFC 7517).

All of them come from configuration; nothing in a token ever says where to look (RFC 8725 §3.10).
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError
from msgspec import DecodeError, json

from hubbub.runtime import outgoing

MAX_KEYS = 100
FRESH_MS = 600_000  # how long fetched keys are believed before they are asked for again
AGAIN_MS = 10_000  # unknown key ids make one request in ten seconds, whoever invents how many of them

Get = Callable[[str], Awaitable[bytes]]
log = structlog.get_logger("hubbub.provider_keys")


class FixedKeys:
    """Keys that do not change while the server runs."""

    def __init__(self, keys: dict[str | None, Any]) -> None:
        self._keys = keys

    def find(self, key_id: str | None) -> Any | None:  # noqa: ANN401 - whatever PyJWT verifies with
        """The key of that `kid`; where there is only one, the token need not name it."""
        if len(self._keys) == 1 and (key_id is None or None in self._keys):
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def wants(self, _key_id: str | None, _now: int) -> bool:
        """Never: there is nowhere to look."""
        return False

    async def fetch(self, now: int) -> None:
        """Nothing."""


class JwksKeys(FixedKeys):
    """A key set at a file or URL: asked for when a token names a key that is missing, and when the keys are old.

    Asked at most every `AGAIN_MS`, by one for all who wait. An answer that is late, too long or no key set leaves the
    keys as they are.
    """

    def __init__(self, source: str, algorithms: tuple[str, ...], get: Get) -> None:
        super().__init__({})
        self._source = source
        self._algorithms = algorithms
        self._get = get
        self._asked_at: int | None = None
        self._fetched_at: int | None = None
        self._asking = asyncio.Lock()

    def wants(self, key_id: str | None, now: int) -> bool:
        """Whether `fetch` may help: for a missing key, or because a withdrawn one must not be believed for ever."""
        if self._asked_at is not None and now - self._asked_at < AGAIN_MS:
            return self.find(key_id) is None and self._asking.locked()  # wait for the one who asks
        return self.find(key_id) is None or self._fetched_at is None or now - self._fetched_at >= FRESH_MS

    async def fetch(self, now: int) -> None:
        """Ask the source, or wait for the one who does."""
        async with self._asking:
            if self._asked_at is not None and now - self._asked_at < AGAIN_MS:
                return
            self._asked_at = now
            try:
                self._keys = parse_jwks(await self._get(self._source), self._algorithms)
            except outgoing.FAILURES as error:
                log.warning("no key set there; the known keys stay", keys=self._source, error=str(error))
                return
            self._fetched_at = now


def jwks_url(url: str, algorithms: tuple[str, ...]) -> JwksKeys:
    """The key set at a URL."""
    return JwksKeys(url, algorithms, outgoing.get)


def jwks_file(path: str, algorithms: tuple[str, ...]) -> JwksKeys:
    """The key set in a file, which may be replaced while the server runs."""
    return JwksKeys(path, algorithms, _read)


async def _read(path: str) -> bytes:
    return await asyncio.to_thread(Path(path).read_bytes)


def secret_key(secret: str) -> FixedKeys:
    """A shared secret, for HS*."""
    return FixedKeys({None: secret.encode()})


def public_key(path: Path) -> FixedKeys:
    """A PEM file with a public key or a certificate. Raises OSError, ValueError."""
    pem = path.read_bytes()
    if b"BEGIN CERTIFICATE" in pem:
        return FixedKeys({None: load_pem_x509_certificate(pem).public_key()})
    return FixedKeys({None: load_pem_public_key(pem)})


def parse_jwks(document: bytes, algorithms: tuple[str, ...]) -> dict[str | None, Any]:
    """The public signing keys of a key set that fit the algorithms, by `kid`. Raises ValueError."""
    try:
        found = json.decode(document, type=dict[str, Any])
        keys = PyJWKSet.from_dict(found).keys
    except (DecodeError, PyJWTError, TypeError, KeyError, AttributeError) as error:
        message = f"not a JSON Web Key Set: {error}"
        raise ValueError(message) from error
    return {key.key_id: key.key for key in keys[:MAX_KEYS] if _may_sign(key, algorithms)}


def _may_sign(key: PyJWK, algorithms: tuple[str, ...]) -> bool:
    """Never a symmetric key (it would be published), never one for encryption, never one bound to another algorithm."""
    declared = key._jwk_data.get("alg")  # noqa: SLF001 - `algorithm_name` is PyJWT's guess where none is declared
    return (
        key.key_type != "oct"
        and key.public_key_use in (None, "sig")
        and (declared is None or declared in algorithms)
    )
