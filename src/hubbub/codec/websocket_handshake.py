"""The opening handshake of RFC 6455 §4.2, pure: a request head in, a parsed request or a refusal out.

The caller's duties: `parse_upgrade` the head, check its path and `origin_allowed`, `choose_subprotocol`, then
write `accept_response(request.key, subprotocol)`; on `HandshakeRefused` write `refusal.response()` and close. No
extension is ever negotiated, compression included.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from http import HTTPStatus
from typing import Final, NamedTuple

MAX_HEAD_BYTES: Final = 16 * 1024
"""Twice what browsers and proxies send with large cookies. Beyond it: HTTP 431."""

_KEY_SUFFIX: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION: Final = "13"


class HandshakeRefused(Exception):
    """Answer `status` with `text`, which tells a person what to do, as plain text, and close."""

    def __init__(self, status: HTTPStatus, text: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(f"{status.value} {text}")
        self.status = status
        self.text = text
        self.headers = headers

    def response(self) -> bytes:
        return refusal_response(self.status, self.text, self.headers)


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A valid request to open a WebSocket. `headers`: names in lower case, repeated ones comma-joined."""

    path: str
    query: str
    headers: Mapping[str, str]
    host: str
    origin: str | None
    """None: no Origin header, so no browser."""
    subprotocols: tuple[str, ...]
    """As offered, the client's favourite first; empty: none offered."""
    authorization: str | None
    key: str


def parse_upgrade(head: bytes, max_head_bytes: int = MAX_HEAD_BYTES) -> UpgradeRequest:
    """`head`: the request line to the empty line. Raises HandshakeRefused (400, 405, 426, 431 or 505)."""
    if len(head) > max_head_bytes:
        raise HandshakeRefused(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            f"The request head is over {max_head_bytes} bytes: send fewer or shorter headers.",
        )
    lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    target = _parse_request_line(lines[0])
    headers = _parse_headers(lines[1:])
    _check_upgrade(headers)
    path, _, query = target.partition("?")
    return UpgradeRequest(
        path=path,
        query=query,
        headers=headers,
        host=headers["host"],
        origin=headers.get("origin"),
        subprotocols=_subprotocols(headers),
        authorization=headers.get("authorization"),
        key=headers["sec-websocket-key"],
    )


def _bad_request(text: str) -> HandshakeRefused:
    return HandshakeRefused(HTTPStatus.BAD_REQUEST, text)


def _parse_request_line(line: str) -> str:
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not target.startswith("/") or " " in target:
        raise _bad_request("The request line is not 'GET /path HTTP/1.1'.")
    if method != "GET":
        raise HandshakeRefused(
            HTTPStatus.METHOD_NOT_ALLOWED, "Open a WebSocket with the method GET.", [("Allow", "GET")]
        )
    if version != "HTTP/1.1":
        raise HandshakeRefused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Open a WebSocket over HTTP/1.1.")
    return target


def _parse_headers(lines: Sequence[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or _CONTROL_CHARACTERS.search(value):
            raise _bad_request("A header line is not 'Name: value'.")
        name, value = name.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _list_of(headers: Mapping[str, str], name: str) -> list[str]:
    return [item for part in headers.get(name, "").split(",") if (item := part.strip(" \t"))]


def _check_upgrade(headers: Mapping[str, str]) -> None:
    """§4.2.1, items 2 to 6. Both fields are token lists: Firefox sends `Connection: keep-alive, Upgrade`."""
    if "," in headers.get("host", ",") or not headers["host"]:
        raise _bad_request("Send exactly one Host header.")
    for name, token in (("Upgrade", "websocket"), ("Connection", "upgrade")):
        if token not in (item.lower() for item in _list_of(headers, name.lower())):
            raise HandshakeRefused(
                HTTPStatus.UPGRADE_REQUIRED,
                f"This is a WebSocket endpoint: send the header '{name}: {token}'.",
                [("Upgrade", "websocket")],
            )
    if headers.get("sec-websocket-version") != _VERSION:
        raise HandshakeRefused(
            HTTPStatus.UPGRADE_REQUIRED,
            f"Send 'Sec-WebSocket-Version: {_VERSION}': no other version is spoken here.",
            [("Upgrade", "websocket"), ("Sec-WebSocket-Version", _VERSION)],
        )
    if not _is_key(headers.get("sec-websocket-key", "")):
        raise _bad_request("Send one Sec-WebSocket-Key header: 16 random bytes in base64.")


def _is_key(key: str) -> bool:
    try:
        return len(key) == 24 and len(b64decode(key, validate=True)) == 16
    except (NotBase64, ValueError):
        return False


def _subprotocols(headers: Mapping[str, str]) -> tuple[str, ...]:
    offered = _list_of(headers, "sec-websocket-protocol")
    if not all(map(_TOKEN.fullmatch, offered)):
        raise _bad_request("Sec-WebSocket-Protocol is not a list of names.")
    return tuple(offered)


def choose_subprotocol(offered: Sequence[str], supported: Sequence[str]) -> str | None:
    """The first offered one that is supported; None if none was offered (protocol.md §1: then it is JSON).

    Raises HandshakeRefused (400) if only unknown ones were offered. Names are compared byte by byte.
    """
    if not offered:
        return None
    for name in offered:
        if name in supported:
            return name
    raise _bad_request(
        f"None of the offered sub-protocols is spoken here: offer one of {', '.join(supported)}."
    )


class Origin(NamedTuple):
    """A web origin (RFC 6454 §4): scheme and host in lower case; port None if the scheme has no default."""

    scheme: str
    host: str
    port: int | None


_DEFAULT_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_AUTHORITY: Final = r"(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:,\[\]\\]+)(?::(?P<port>[0-9]{1,5}))?"
_ORIGIN: Final = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]*)://{_AUTHORITY}")


def parse_origin(text: str) -> Origin | None:
    """`scheme://host[:port]` and nothing after it, default ports filled in. Else None (`null` too)."""
    match = _ORIGIN.fullmatch(text.lower())
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS.get(match["scheme"])
    return Origin(match["scheme"], match["host"], port)


def origin_allowed(origin: str | None, allowed: frozenset[Origin], host: str) -> bool:
    """May a page from `origin` (the Origin header) connect? `host` is the request's Host header.

    No Origin header: allowed, since it is not a browser, and anything else could forge the header. With an
    `allowed` list: exactly those (scheme, host, port); our own origin must be listed too. With an empty one: the
    same origin only, that is, a page whose host and port are those of the Host header. The scheme is not
    compared then: behind a proxy that ends TLS the page is https and the request is not.
    """
    if origin is None:
        return True
    parsed = parse_origin(origin)
    if parsed is None:
        return False
    return parsed in allowed if allowed else parsed == parse_origin(f"{parsed.scheme}://{host}")


def accept_response(key: str, subprotocol: str | None) -> bytes:
    """The 101 answer (§4.2.2). `key` is the request's; `subprotocol` what `choose_subprotocol` returned."""
    digest = b64encode(sha1(key.encode() + _KEY_SUFFIX, usedforsecurity=False).digest()).decode()
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", digest)]
    if subprotocol is not None:
        headers.append(("Sec-WebSocket-Protocol", subprotocol))
    return _response_head(HTTPStatus.SWITCHING_PROTOCOLS, headers)


def refusal_response(status: HTTPStatus, text: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """An answer of plain `text` that ends the connection."""
    body = f"{text}\n".encode()
    described = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return _response_head(status, [*described, ("Connection", "close"), *headers]) + body


def _response_head(status: HTTPStatus, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
