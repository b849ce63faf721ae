"""Who may come in: the key that signs our tokens, and the identity providers of the configuration."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from hubbub.codec.external_tokens import Provider
from hubbub.codec.oidc import Client
from hubbub.execute.external_logins import Door
from hubbub.model.logins import KeySource
from hubbub.model.sessions import DAY_MS, Lifetimes
from hubbub.persist import provider_keys
from hubbub.persist.provider_site import ProviderSite
from hubbub.wiring.settings import Settings
from hubbub.wiring.settings.tree import ExternalProvider

SECRET_FILE = "secret"  # noqa: S105 - a file name
SECRET_BYTES = 32


def signing_secret(settings: Settings) -> bytes:
    """The setting `auth.secret`, else the one in the data directory, made at the first start with mode 0600."""
    if settings.auth.secret:
        return settings.auth.secret.encode()
    path = Path(settings.data) / SECRET_FILE
    if not path.exists():
        _make(path)
    return path.read_bytes().strip()


def _make(path: Path) -> None:
    """Written whole under another name first: a crash leaves no half secret."""
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(SECRET_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # another process was quicker: its secret is the one
        os.link(temporary, path)
    temporary.unlink()


def lifetimes_of(settings: Settings) -> Lifetimes:
    """How long tokens and sessions live."""
    auth = settings.auth
    return Lifetimes(
        access_ms=auth.access_token_seconds * 1000,
        session_ms=auth.session_days * DAY_MS,
        grace_ms=int(auth.refresh_grace_seconds * 1000),
    )


class Providers(Struct, frozen=True, kw_only=True):
    """The identity providers of the configuration by alias: whose tokens are taken, and where one may log in."""

    tokens: dict[str, tuple[Provider, KeySource]]
    doors: dict[str, Door]


def providers(settings: Settings, clock: Callable[[], int]) -> Providers:
    """Made from `auth.external`. Raises OSError where keys cannot be used."""
    found = Providers(tokens={}, doors={})
    for alias, each in settings.auth.external.items():
        site = ProviderSite(each.issuer)
        try:
            keys = _keys(each, site, clock)
        except ValueError as error:
            msg = f"the keys of auth.external.{alias} cannot be used: {error}"
            raise OSError(msg) from error
        if each.audience:
            found.tokens[alias] = (_provider(alias, each, each.audience), keys)
        if each.client_id:
            found.doors[alias] = _door(alias, each, keys, site, settings.public_url)
    return found


def _provider(alias: str, each: ExternalProvider, audience: str) -> Provider:
    return Provider(
        alias=alias,
        issuer=each.issuer,
        audience=audience,
        algorithms=tuple(each.algorithms),
        name_claim=each.name_claim,
    )


def _door(alias: str, each: ExternalProvider, keys: KeySource, site: ProviderSite, public_url: str) -> Door:
    return Door(
        label=each.label or alias,
        client=Client(id=each.client_id, secret=each.client_secret, scopes=each.scopes),
        provider=_provider(alias, each, each.client_id),  # an ID token is meant for the client
        keys=keys,
        site=site,
        redirect_uri=f"{public_url.rstrip('/')}/api/v1/oidc/{alias}/callback",
    )


def _keys(each: ExternalProvider, site: ProviderSite, clock: Callable[[], int]) -> KeySource:
    algorithms = tuple(each.algorithms)
    if each.hmac_secret:
        return provider_keys.secret_key(each.hmac_secret)
    if each.public_key_file:
        return provider_keys.public_key(Path(each.public_key_file))
    if each.jwks_file:
        return provider_keys.jwks_file(each.jwks_file, algorithms)
    if each.jwks_url:
        return provider_keys.jwks_url(each.jwks_url, algorithms)
    return provider_keys.JwksKeys(each.issuer, algorithms, lambda _issuer: site.keys(clock()))
