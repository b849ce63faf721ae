"""Who may come in: the key that signs our tokens, and the identity providers of the configuration."""

import contextlib
import os
import secrets
from pathlib import Path

from hubbub.codec.external_tokens import Provider
from hubbub.execute.authentication import KeySource
from hubbub.persist import provider_keys
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


def providers(settings: Settings) -> dict[str, tuple[Provider, KeySource]]:
    """The identity providers by alias, with where their keys come from."""
    found: dict[str, tuple[Provider, KeySource]] = {}
    for alias, each in settings.auth.external.items():
        provider = Provider(
            alias=alias,
            issuer=each.issuer,
            audience=each.audience,
            algorithms=tuple(each.algorithms),
            name_claim=each.name_claim,
        )
        try:
            found[alias] = (provider, _keys(each))
        except ValueError as error:
            msg = f"the keys of auth.external.{alias} cannot be used: {error}"
            raise OSError(msg) from error
    return found


def _keys(each: ExternalProvider) -> KeySource:
    algorithms = tuple(each.algorithms)
    if each.hmac_secret:
        return provider_keys.secret_key(each.hmac_secret)
    if each.public_key_file:
        return provider_keys.public_key(Path(each.public_key_file))
    if each.jwks_file:
        return provider_keys.jwks_file(each.jwks_file, algorithms)
    return provider_keys.jwks_url(each.jwks_url, algorithms)
