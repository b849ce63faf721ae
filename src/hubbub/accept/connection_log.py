"""One wide log line for each connection, at its end, and one for each that was not let in."""

import socket
from struct import Struct
from typing import Any, Final, NamedTuple

import structlog

from hubbub.codec.websocket_handshake import HandshakeRefused
from hubbub.dispatch.request_log import NS_PER_MS
from hubbub.dispatch.session import Client
from hubbub.runtime.bounded_lines import BoundedLines

log = structlog.get_logger("hubbub.connections")

KIND = "connections"
LOST = 1006  # RFC 6455 §7.1.5: it ended without a close code
_INFO: Final = Struct(
    "=68xI28xI16xQQ"
)  # of Linux' tcp_info (linux/tcp.h): rtt (µs), total_retrans, bytes_acked, bytes_received
_TCP_INFO: Final = getattr(socket, "TCP_INFO", None)  # Linux


class Traffic(NamedTuple):
    """What the kernel counted on a socket. `sent`: bytes that the peer has confirmed."""

    round_trip_us: int
    retransmits: int
    sent: int
    received: int


class ConnectionLog:
    """`lines` bounds how many; `wanted`: whether ends are written at all."""

    def __init__(self, lines: BoundedLines, *, wanted: bool) -> None:
        self._lines = lines
        self._wanted = wanted

    def ended(self, client: Client, seconds: float, code: int, reason: str) -> None:
        """The connection is gone: what it was, what it did, why it ended."""
        if not self._wanted or not self._lines.take(KIND):
            return
        transport, _, codec = client.wire.name.partition("+")
        said: dict[str, object] = {
            "source.address": client.address,
            "user.id": client.user or None,
            "event.duration": int(seconds * 1000) * NS_PER_MS,
            "transport": transport,
            "codec": codec,
            "commands": client.commands,
            "refused": client.refused,
            "delivered": client.entries_delivered(),
            "stalls": client.stalls,
            "resumed_chats": client.resumed,
            "close_code": code,
            "reason": reason or ("the connection was lost" if code == LOST else "closed by the peer"),
        }
        said |= _traffic_fields(client.transport)
        log.info("connection ended", **{name: value for name, value in said.items() if value is not None})

    def refused(self, address: str, refusal: HandshakeRefused) -> None:
        """An upgrade was refused; its text says why, and names nothing but the page that asked."""
        if self._lines.take(KIND):
            fields = {
                "source.address": address,
                "http.response.status_code": refusal.status.value,
                "error.message": refusal.text,
            }
            log.info("handshake refused", **fields)


def _traffic_fields(transport: Any) -> dict[str, object]:  # noqa: ANN401 - whatever loop it is of
    seen = traffic_of(transport)
    if seen is None:
        return {}
    return {
        "source.bytes": seen.received,
        "destination.bytes": seen.sent,
        "round_trip_ms": seen.round_trip_us // 1000,
        "retransmits": seen.retransmits,
    }


def traffic_of(transport: Any) -> Traffic | None:  # noqa: ANN401
    """What went over the transport's socket, TLS and frames included; asked of the kernel, so that nobody has to count.

    None where there is no such kernel, or no socket any more.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or _TCP_INFO is None:
        return None
    try:
        return Traffic(*_INFO.unpack(sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _INFO.size)))
    except OSError:
        return None
