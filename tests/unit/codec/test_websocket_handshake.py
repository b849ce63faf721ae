"""The opening handshake: RFC 6455 §4.2, protocol.md §1, and the origin allow-list."""

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol

from hubbub.codec.websocket_handshake import (
    HandshakeRefused,
    Origin,
    UpgradeRequest,
    accept_response,
    choose_subprotocol,
    origin_allowed,
    parse_origin,
    parse_upgrade,
    refusal_response,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 §1.3, with its answer
ANSWER = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
USUAL = {
    "host": "chat.example:8080",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}
FIREFOX = (
    b"GET /ws HTTP/1.1\r\n"
    b"host: localhost:8080\r\n"
    b"user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    b"accept: */*\r\n"
    b"accept-language: en-US,en;q=0.5\r\n"
    b"accept-encoding: gzip, deflate, br, zstd\r\n"
    b"sec-websocket-version: 13\r\n"
    b"origin: http://localhost:8080\r\n"
    b"sec-websocket-protocol: hubbub.v1.json\r\n"
    b"sec-websocket-extensions: permessage-deflate\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"connection: keep-alive, Upgrade\r\n"
    b"sec-fetch-dest: empty\r\n"
    b"sec-fetch-mode: websocket\r\n"
    b"sec-fetch-site: same-origin\r\n"
    b"pragma: no-cache\r\n"
    b"cache-control: no-cache\r\n"
    b"upgrade: websocket\r\n"
    b"\r\n"
)


def head(changes: dict[str, str | None] | None = None, line: str = "GET /ws HTTP/1.1", *more: str) -> bytes:
    headers = {**USUAL, **(changes or {})}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value is not None), *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def refused(request: bytes, max_head_bytes: int = 16_384) -> HandshakeRefused:
    with pytest.raises(HandshakeRefused) as raised:
        parse_upgrade(request, max_head_bytes)
    return raised.value


class TestAccepted:
    def test_firefox(self) -> None:
        request = parse_upgrade(FIREFOX)
        assert (request.path, request.query) == ("/ws", "")
        assert (request.host, request.origin) == ("localhost:8080", "http://localhost:8080")
        assert request.subprotocols == ("hubbub.v1.json",)
        assert request.authorization is None
        assert request.headers["user-agent"].endswith("Firefox/140.0")
        assert origin_allowed(request.origin, frozenset(), request.host)

    def test_the_least_a_client_may_send(self) -> None:
        assert parse_upgrade(head()) == UpgradeRequest(
            path="/ws",
            query="",
            headers={name.lower(): value for name, value in USUAL.items()},
            host="chat.example:8080",
            origin=None,
            subprotocols=(),
            authorization=None,
            key=KEY,
        )

    def test_query_and_authorization(self) -> None:
        request = parse_upgrade(head({"Authorization": "Bearer a.b.c"}, "GET /ws?v=1&v=2 HTTP/1.1"))
        assert (request.path, request.query, request.authorization) == ("/ws", "v=1&v=2", "Bearer a.b.c")

    @pytest.mark.parametrize(
        "changes",
        [
            {"Upgrade": "WebSocket"},
            {"Upgrade": "h2c, websocket"},
            {"Connection": "keep-alive, Upgrade"},
            {"Connection": "keep-alive ,\tUPGRADE"},
            {"Connection": ",upgrade,"},
        ],
    )
    def test_tokens_in_any_case_and_company(self, changes: dict[str, str | None]) -> None:
        assert parse_upgrade(head(changes)).key == KEY

    def test_a_list_over_several_header_lines(self) -> None:
        request = parse_upgrade(
            head({}, "GET /ws HTTP/1.1", "Sec-WebSocket-Protocol: a, b", "sec-websocket-protocol: c")
        )
        assert request.subprotocols == ("a", "b", "c")

    def test_names_the_path_and_leaves_it_to_the_caller(self) -> None:
        assert parse_upgrade(head({}, "GET /elsewhere HTTP/1.1")).path == "/elsewhere"


REFUSALS = {
    "post": (head({}, "POST /ws HTTP/1.1"), 405, "GET"),
    "http 1.0": (head({}, "GET /ws HTTP/1.0"), 505, "HTTP/1.1"),
    "no target": (head({}, "GET HTTP/1.1"), 400, "request line"),
    "target with spaces": (head({}, "GET /a b HTTP/1.1"), 400, "request line"),
    "absolute target": (head({}, "GET http://chat.example/ws HTTP/1.1"), 400, "request line"),
    "no host": (head({"host": None}), 400, "Host"),
    "empty host": (head({"host": ""}), 400, "Host"),
    "two hosts": (head({}, "GET /ws HTTP/1.1", "Host: other.example"), 400, "Host"),
    "no upgrade": (head({"Upgrade": None}), 426, "Upgrade: websocket"),
    "other upgrade": (head({"Upgrade": "h2c"}), 426, "Upgrade: websocket"),
    "no connection": (head({"Connection": None}), 426, "Connection: upgrade"),
    "connection without upgrade": (head({"Connection": "keep-alive"}), 426, "Connection: upgrade"),
    "connection with a longer token": (head({"Connection": "upgrade-insecure"}), 426, "Connection: upgrade"),
    "no version": (head({"Sec-WebSocket-Version": None}), 426, "Sec-WebSocket-Version: 13"),
    "old version": (head({"Sec-WebSocket-Version": "8"}), 426, "Sec-WebSocket-Version: 13"),
    "two versions": (head({"Sec-WebSocket-Version": "13, 13"}), 426, "Sec-WebSocket-Version: 13"),
    "no key": (head({"Sec-WebSocket-Key": None}), 400, "Sec-WebSocket-Key"),
    "key of 15 bytes": (head({"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA"}), 400, "Sec-WebSocket-Key"),
    "key of 17 bytes": (head({"Sec-WebSocket-Key": "A" * 22 + "A="}), 400, "Sec-WebSocket-Key"),
    "key not base64": (head({"Sec-WebSocket-Key": "!" * 22 + "=="}), 400, "Sec-WebSocket-Key"),
    "key not ascii": (head({"Sec-WebSocket-Key": "é" * 22 + "=="}), 400, "Sec-WebSocket-Key"),
    "two keys": (head({}, "GET /ws HTTP/1.1", f"sec-websocket-key: {KEY}"), 400, "Sec-WebSocket-Key"),
    "sub-protocol with a space": (head({"Sec-WebSocket-Protocol": "a b"}), 400, "Sec-WebSocket-Protocol"),
    "line without colon": (head({}, "GET /ws HTTP/1.1", "what"), 400, "header line"),
    "space before the colon": (head({}, "GET /ws HTTP/1.1", "X : y"), 400, "header line"),
    "folded line": (head({}, "GET /ws HTTP/1.1", "X: y", " z"), 400, "header line"),
    "line feed in a value": (head({}, "GET /ws HTTP/1.1", "X: y\nHost: z"), 400, "header line"),
    "nul in a value": (head({}, "GET /ws HTTP/1.1", "X: \x00"), 400, "header line"),
    "nothing": (b"", 400, "request line"),
}


class TestRefused:
    @pytest.mark.parametrize(("request_head", "status", "advice"), REFUSALS.values(), ids=REFUSALS)
    def test_with_status_and_advice(self, request_head: bytes, status: int, advice: str) -> None:
        refusal = refused(request_head)
        assert refusal.status == status
        assert advice in refusal.text

    def test_a_head_over_the_limit(self) -> None:
        long = head({"Cookie": "x" * 1000})
        assert parse_upgrade(long, len(long)).key == KEY
        assert refused(long, len(long) - 1).status == 431

    def test_a_wrong_version_names_the_right_one(self) -> None:
        answer = refused(head({"Sec-WebSocket-Version": "8"})).response()
        assert answer.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
        assert b"\r\nSec-WebSocket-Version: 13\r\n" in answer

    def test_the_answer_is_plain_text_and_ends_the_connection(self) -> None:
        assert refused(head({}, "POST /ws HTTP/1.1")).response() == (
            b"HTTP/1.1 405 Method Not Allowed\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\n"
            b"Content-Length: 38\r\n"
            b"Connection: close\r\n"
            b"Allow: GET\r\n"
            b"\r\n"
            b"Open a WebSocket with the method GET.\n"
        )


class TestSubprotocol:
    JSON = "hubbub.v1.json"
    BOTH = (JSON, "hubbub.v1.protobuf")

    def test_the_clients_first_known_one_is_chosen(self) -> None:
        assert choose_subprotocol(["x", "hubbub.v1.protobuf", self.JSON], self.BOTH) == "hubbub.v1.protobuf"

    def test_none_offered_means_no_header(self) -> None:
        assert choose_subprotocol([], self.BOTH) is None
        assert b"Sec-WebSocket-Protocol" not in accept_response(KEY, None)

    @pytest.mark.parametrize("offered", [["hubbub.v1.protobuf"], ["HUBBUB.V1.JSON"], ["a", "b"]])
    def test_only_unknown_ones_are_refused_with_the_known(self, offered: list[str]) -> None:
        with pytest.raises(HandshakeRefused) as raised:
            choose_subprotocol(offered, [self.JSON])
        assert raised.value.status == 400
        assert self.JSON in raised.value.text


class TestOrigin:
    ALLOWED = frozenset(
        {
            Origin("https", "chat.example", 443),
            Origin("http", "localhost", 5173),
            Origin("app", "hubbub", None),
        }
    )

    @pytest.mark.parametrize(
        ("text", "origin"),
        [
            ("http://a.example", Origin("http", "a.example", 80)),
            ("http://a.example:80", Origin("http", "a.example", 80)),
            ("HTTPS://A.Example", Origin("https", "a.example", 443)),
            ("https://a.example:8443", Origin("https", "a.example", 8443)),
            ("http://[::1]:8080", Origin("http", "[::1]", 8080)),
            ("app://hubbub", Origin("app", "hubbub", None)),
        ],
    )
    def test_is_scheme_host_and_port(self, text: str, origin: Origin) -> None:
        assert parse_origin(text) == origin

    @pytest.mark.parametrize(
        "text",
        [
            "null",
            "",
            "https://",
            "chat.example",
            "//chat.example",
            "https://chat.example/",
            "https://chat.example?",
            "https://chat.example#x",
            "https://user@chat.example",
            "https://chat.example:",
            "https://chat.example:x",
            "https://chat.example\n",
            "https://chat.example, https://evil.example",
            "https://chat.example\\.evil.example",
        ],
    )
    def test_anything_else_is_none_and_refused(self, text: str) -> None:
        assert parse_origin(text) is None
        assert not origin_allowed(text, self.ALLOWED, "chat.example")
        assert not origin_allowed(text, frozenset(), "chat.example")

    @pytest.mark.parametrize(
        ("origin", "allowed"),
        [
            (None, True),
            ("https://chat.example", True),
            ("https://chat.example:443", True),
            ("http://localhost:5173", True),
            ("app://hubbub", True),
            ("http://chat.example", False),
            ("https://chat.example:8443", False),
            ("https://chat.example.evil.example", False),
            ("https://evilchat.example", False),
            ("https://sub.chat.example", False),
            ("http://localhost", False),
            ("http://server.example", False),  # same origin, but not on the list
        ],
    )
    def test_list_is_exact(self, origin: str | None, allowed: bool) -> None:
        assert origin_allowed(origin, self.ALLOWED, "server.example") is allowed

    @pytest.mark.parametrize(
        ("origin", "host", "allowed"),
        [
            (None, "chat.example", True),
            ("http://chat.example:8080", "chat.example:8080", True),
            ("https://chat.example", "chat.example", True),
            ("https://chat.example", "chat.example:443", True),
            ("http://chat.example", "CHAT.example:80", True),
            ("http://[::1]:8080", "[::1]:8080", True),
            ("http://chat.example", "chat.example:8080", False),
            ("https://chat.example:8080", "chat.example", False),
            ("https://evil.example", "chat.example", False),
            ("https://chat.example.evil.example", "chat.example", False),
            ("null", "null", False),
            ("http://chat.example", "evil/@chat.example", False),
        ],
    )
    def test_without_a_list_is_that_of_the_host_header(
        self, origin: str | None, host: str, allowed: bool
    ) -> None:
        assert origin_allowed(origin, frozenset(), host) is allowed


class TestAnswer:
    def test_is_that_of_the_rfc(self) -> None:
        assert accept_response(KEY, "hubbub.v1.json") == (
            b"HTTP/1.1 101 Switching Protocols\r\n"
            b"Upgrade: websocket\r\n"
            b"Connection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + ANSWER.encode() + b"\r\n"
            b"Sec-WebSocket-Protocol: hubbub.v1.json\r\n"
            b"\r\n"
        )

    def test_agrees_with_websockets(self) -> None:
        server = ServerProtocol()
        server.receive_data(FIREFOX)
        (request,) = server.events_received()
        assert isinstance(request, Request)
        theirs = server.accept(request).headers["Sec-WebSocket-Accept"]
        assert f"Sec-WebSocket-Accept: {theirs}\r\n".encode() in accept_response(KEY, None)

    def test_never_negotiates_an_extension(self) -> None:
        request = parse_upgrade(FIREFOX)
        assert b"extensions" not in accept_response(request.key, None).lower()

    def test_a_refusals_body_is_counted_in_bytes(self) -> None:
        answer = refusal_response(refused(b"").status, "Nö.")
        assert b"\r\nContent-Length: 5\r\n" in answer
        assert answer.endswith("\r\n\r\nNö.\n".encode())
