"""What a server's address says."""

from ipaddress import ip_address
from urllib.parse import urlsplit


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
