"""What a server's address says."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def check_address(url: str) -> str:
    """The address as the client wants it: http:// where nothing is said, no slash at the end. Raises ValueError."""
    full = (url if "://" in url else f"http://{url}").rstrip("/")
    parts = urlsplit(full)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in full:
        raise ValueError(f"{url} is no address of a server: it looks like http://127.0.0.1:8080")
    return full


def socket_url(url: str) -> str:
    """Where the WebSocket of a server is: http://host becomes ws://host/ws, https:// becomes wss://."""
    return f"ws{url.removeprefix('http')}/ws"


def is_this_machine(url: str) -> bool:
    """Whether an address is this machine's own: then no proxy of the environment can be meant."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
