"""Rules a type cannot say: origins, networks, URLs, and which keys go together.

Each check takes the tree and gives (key, what is allowed) for what it refuses; `load` adds value and origin.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from hubbub.wiring.settings.keys import ALIAS, ALIAS_ALLOWED, EXTERNAL
from hubbub.wiring.settings.tree import ExternalProvider, Settings

Refusals = Iterator[tuple[str, str]]

LEAST_SECRET = 32  # bytes: RFC 7518 §3.2, a key at least as long as the hash (HS256)
HMAC_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
KEY_SOURCES = ("hmac_secret", "public_key_file", "jwks_file", "jwks_url")
DATABASES = ("sqlite", "postgresql", "mysql", "mariadb")
BUSES = ("redis", "rediss", "nats", "tls", "unix")
WORKERS = re.compile(r"[1-9]\d?|1\d\d|2[0-4]\d|25[0-6]")
NAMESPACE = re.compile(r"[A-Za-z0-9_-]{1,32}")
ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


def _check_origins(settings: Settings) -> Refusals:
    if not all(ORIGIN.fullmatch(origin) for origin in settings.allowed_origins):
        yield "allowed_origins", "must each be scheme://host[:port], in lower case, without a path"


def _check_proxies(settings: Settings) -> Refusals:
    if not all(_is_network(proxy) for proxy in settings.trusted_proxies):
        yield "trusted_proxies", "must each be an IP address or a network such as 10.0.0.0/8"
    if settings.tcp.proxy_protocol and not settings.trusted_proxies:
        yield "tcp.proxy_protocol", "needs trusted_proxies: nobody else is believed"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _check_public_url(settings: Settings) -> Refusals:
    if settings.public_url and not _is_url(settings.public_url, ("http", "https")):
        yield "public_url", "must be an http or https URL"


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        return False


def _check_database(settings: Settings) -> Refusals:
    scheme = settings.database_url.split("://")[0].split("+")[0]
    if settings.database_url and ("://" not in settings.database_url or scheme not in DATABASES):
        yield "database_url", "must be a SQLAlchemy URL for one of " + ", ".join(DATABASES)


def _check_bus(settings: Settings) -> Refusals:
    scheme, _, rest = settings.bus.partition("://")
    if settings.bus and (scheme not in BUSES or not rest):
        yield "bus", "must be a URL that begins with one of " + ", ".join(f"{each}://" for each in BUSES)
    if settings.redis and settings.redis.partition("://")[0] not in ("redis", "rediss"):
        yield "redis", "must be a URL that begins with redis:// or rediss://"
    if settings.workers != "auto" and not WORKERS.fullmatch(settings.workers):
        yield "workers", "must be a whole number from 1 to 256, or auto"
    if not NAMESPACE.fullmatch(settings.namespace):
        yield "namespace", "must be 1 to 32 of the characters A-Z a-z 0-9 _ -"


def _check_replicas(settings: Settings) -> Refusals:
    """A copy is of the same kind as what it copies."""
    kinds = {
        url.split("://")[0].split("+")[0].replace("mariadb", "mysql") for url in settings.database_replica
    }
    kind = settings.database_url.split("://")[0].split("+")[0].replace("mariadb", "mysql")
    if kinds and (kinds != {kind} or kind == "sqlite"):
        yield "database_replica", "must be URLs of the same kind of database server as database_url"


def _check_endpoint(settings: Settings) -> Refusals:
    if settings.trace.endpoint and not _is_url(settings.trace.endpoint, ("http", "https")):
        yield "trace.endpoint", "must be an http or https URL, path and all"


def _check_hosts(settings: Settings) -> Refusals:
    hosts = {"host": settings.host, "internal_host": settings.internal_host, "tcp.host": settings.tcp.host}
    for name, host in hosts.items():
        if not host:
            yield name, "must be an address or a host name; 0.0.0.0 or :: listens on all"


def _check_ports(settings: Settings) -> Refusals:
    if settings.port and (settings.port, settings.host) == (settings.internal_port, settings.internal_host):
        yield "internal_port", "must differ from port: the internal pages are not for the public"
    others = {(settings.port, settings.host), (settings.internal_port, settings.internal_host)}
    if settings.tcp.port > 0 and (settings.tcp.port, settings.tcp.host) in others:
        yield "tcp.port", "must differ from port and internal_port: other bytes are spoken there"


def _check_tls(settings: Settings) -> Refusals:
    files = {"certificate_file": settings.tcp.certificate_file, "key_file": settings.tcp.key_file}
    for name, value in files.items():
        if any(files.values()) and not Path(value).is_file():
            yield f"tcp.{name}", "must be a file that can be read: TLS needs a certificate and its key"


def _check_data(settings: Settings) -> Refusals:
    if not settings.data or Path(settings.data).is_file():
        yield "data", "must be a directory, or the name of one to make"


def _check_secret(settings: Settings) -> Refusals:
    if settings.auth.secret and len(settings.auth.secret.encode()) < LEAST_SECRET:
        yield "auth.secret", f"must have at least {LEAST_SECRET} characters, or be empty (one is generated)"


def _check_argon2(settings: Settings) -> Refusals:
    least = 8 * settings.auth.argon2_parallelism  # RFC 9106 §3.1
    if settings.auth.argon2_memory_kib < least:
        yield (
            "auth.argon2_memory_kib",
            f"must be at least {least}: 8 for each lane of auth.argon2_parallelism",
        )


def _check_bursts(settings: Settings) -> Refusals:
    for name in ("send", "requests", "refusals"):
        if getattr(settings.limits, f"{name}_per_second") and not getattr(settings.limits, f"{name}_burst"):
            yield f"limits.{name}_burst", f"must be at least 1 where limits.{name}_per_second sets a limit"


def _check_external(settings: Settings) -> Refusals:
    issuers: dict[str, str] = {}
    for alias, provider in settings.auth.external.items():
        table = f"{EXTERNAL}.{alias}"
        if not ALIAS.fullmatch(alias):
            yield table, f"the alias must be {ALIAS_ALLOWED}"
        for name, allowed in (*_check_provider(provider), *_check_client(provider, settings.public_url)):
            yield f"{table}.{name}", allowed
        other = issuers.setdefault(provider.issuer, table)
        if provider.issuer and other != table:
            yield f"{table}.issuer", f"must differ from that of {other}"


def _check_provider(provider: ExternalProvider) -> Refusals:
    for name in ("issuer", "algorithms", *([] if provider.client_id else ["audience"])):
        if not getattr(provider, name):
            yield name, "must be set"
    given = [name for name in KEY_SOURCES if getattr(provider, name)]
    if provider.client_id and not given:  # the provider's description says where its keys are
        yield from _check_public(provider, "", [name for name in provider.algorithms if name in HMAC_BYTES])
        return
    if len(given) != 1:
        yield KEY_SOURCES[0], "exactly one must be set of " + ", ".join(KEY_SOURCES)
        return
    hashed = [name for name in provider.algorithms if name in HMAC_BYTES]
    yield from (
        _check_hmac(provider, hashed) if provider.hmac_secret else _check_public(provider, given[0], hashed)
    )


def _check_hmac(provider: ExternalProvider, hashed: Sequence[str]) -> Refusals:
    if len(hashed) != len(provider.algorithms):
        yield "algorithms", "must all be HS256, HS384 or HS512 where hmac_secret is set"
    least = max((HMAC_BYTES[name] for name in hashed), default=LEAST_SECRET)
    if len(provider.hmac_secret.encode()) < least:
        yield "hmac_secret", f"must have at least {least} bytes for these algorithms (RFC 7518 §3.2)"


def _check_public(provider: ExternalProvider, source: str, hashed: Sequence[str]) -> Refusals:
    if hashed:  # a public key taken for an HMAC secret is the classic forgery
        yield "algorithms", f"must not contain {', '.join(hashed)} where {source or 'no hmac_secret'} is set"
    if source:
        yield from _check_source(provider, source)


def _check_source(provider: ExternalProvider, source: str) -> Refusals:
    value: str = getattr(provider, source)
    if source.endswith("_file") and not Path(value).is_file():
        yield source, "must be a file that can be read"
    if source == "jwks_url" and not _is_safe(value):
        yield source, "must be an https URL (http is for loopback addresses only)"


def _check_client(provider: ExternalProvider, public_url: str) -> Refusals:
    if not provider.client_id:
        if provider.client_secret:
            yield "client_secret", "goes with client_id"
        return
    if not _is_safe(provider.issuer):
        yield "issuer", "must be an https URL where client_id is set (http is for loopback addresses only)"
    if not _is_safe(public_url):
        yield (
            "client_id",
            "needs public_url, over https: the provider sends browsers back there (http is for loopback addresses only)",
        )
    if "openid" not in provider.scopes:
        yield "scopes", "must contain openid"


def _is_safe(url: str) -> bool:
    return _is_url(url, ("https",)) or _is_loopback(url)


def _is_loopback(url: str) -> bool:
    return _is_url(url, ("http",)) and urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


CHECKS: tuple[Callable[[Settings], Refusals], ...] = (
    _check_origins,
    _check_proxies,
    _check_public_url,
    _check_database,
    _check_replicas,
    _check_bus,
    _check_endpoint,
    _check_hosts,
    _check_ports,
    _check_tls,
    _check_data,
    _check_secret,
    _check_argon2,
    _check_bursts,
    _check_external,
)
