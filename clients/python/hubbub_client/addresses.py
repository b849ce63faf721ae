"""What a server's address says: where the conversation is held, and where the HTTP API is."""

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

_SOCKETS = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss", "tcp": "tcp", "tls": "tls"}
_APIS = {"ws": "http", "wss": "https"}


class Address(NamedTuple):
    """`socket`: ws://, wss://, tcp:// or tls://; `api`: http:// or https://, none if nobody said."""

    socket: str
    api: str | None


def read_address(url: str, api: str | None = None) -> Address:
    """Both places of a server. http:// where no scheme is given; `api` is needed where there is no WebSocket.

    http://host:8080 and ws://host:8080 are the same server; tcp://host:8090 and tls://host:8090 are framed TCP
    (protocol.md §1), which has no HTTP API beside it. Raises ValueError.
    """
    parts = _checked(url)
    scheme = _SOCKETS[parts.scheme]
    if scheme in ("tcp", "tls"):
        return Address(f"{scheme}://{parts.netloc}", None if api is None else _api(api))
    path = parts.path.rstrip("/").removesuffix("/ws")
    own = urlunsplit((_APIS[scheme], parts.netloc, path, "", ""))
    return Address(f"{scheme}://{parts.netloc}{path}/ws", own if api is None else _api(api))


def _api(url: str) -> str:
    """The root of an HTTP API. Raises ValueError."""
    api = read_address(url).api
    if api is None:
        raise ValueError(f"{url} is no address of an HTTP API: it looks like http://127.0.0.1:8080")
    return api


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in _SOCKETS or not parts.hostname or " " in url:
        raise ValueError(f"{url} is no address of a server: it looks like http://127.0.0.1:8080")
    if parts.scheme in ("tcp", "tls") and (parts.port is None or parts.path.strip("/")):
        raise ValueError(f"{url} is no address of framed TCP: it looks like tcp://127.0.0.1:8090")
    return parts


def is_this_machine(url: str) -> bool:
    """Whether an address is this machine's own: then no proxy of the environment can be meant."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
