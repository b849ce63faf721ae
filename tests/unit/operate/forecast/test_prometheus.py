"""The reader against answers of the API as Prometheus gives them, from a server of our own."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from hubbub.operate.forecast.prometheus import query, read
from hubbub.operate.forecast.series import HistoryRefusedError

MATRIX = {"status": "success", "data": {"resultType": "matrix", "result": []}}
REFUSAL = {
    "status": "error",
    "errorType": "bad_data",
    "error": "exceeded maximum resolution of 11,000 points",
}


class Answering(HTTPServer):
    status = 200
    body = b""
    asked: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_GET(self) -> None:
        self.server.asked = self.path
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), Handler) as answering:
        Thread(target=answering.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield answering
        answering.shutdown()


def matrix(*series: list[tuple[float, str]]) -> bytes:
    result = [{"metric": {}, "values": values} for values in series]
    return json.dumps(MATRIX | {"data": {"resultType": "matrix", "result": result}}).encode()


def test_points_are_read(server: Answering) -> None:
    server.body = matrix([(60, "1.5"), (120, "NaN")])
    points = read(server.url + "/", "sum(up)", 0, 120, 60)
    assert points[0] == (60.0, 1.5)
    asked = urlsplit(server.asked)
    assert asked.path == "/api/v1/query_range"
    assert parse_qs(asked.query) == {"query": ["sum(up)"], "start": ["0"], "end": ["120"], "step": ["60"]}


def test_nothing_scraped_is_no_points(server: Answering) -> None:
    server.body = matrix()
    assert read(server.url, "sum(up)", 0, 120, 60) == []


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, json.dumps(REFUSAL).encode(), "answered 400: .*11,000 points"),
        (200, b"<html>", "cannot be read"),
        (200, b'{"status": "success"}', "no Prometheus"),
        (200, b"[]", "no Prometheus"),
        (200, matrix([(0, "1")], [(0, "2")]), "gave 2 series"),
    ],
)
def test_what_goes_wrong_is_said(status: int, body: bytes, said: str, server: Answering) -> None:
    server.status, server.body = status, body
    with pytest.raises(HistoryRefusedError, match=said):
        read(server.url, "sum(up)", 0, 120, 60)


def test_nobody_listens(server: Answering) -> None:
    server.server_close()
    with pytest.raises(HistoryRefusedError, match="cannot be read"):
        read(server.url, "sum(up)", 0, 120, 60)


def test_only_http_is_asked() -> None:
    with pytest.raises(HistoryRefusedError, match="no http:// or https:// address"):
        read("file:///etc/passwd", "sum(up)", 0, 120, 60)


def test_queries_carry_the_matchers() -> None:
    assert query("connections", "", 900) == "sum(hubbub_connections)"
    assert query("connections", 'job="a"', 900) == 'sum(hubbub_connections{job="a"})'
    assert query("messages", 'job="a"', 900) == 'sum(rate(hubbub_entries_committed_total{job="a"}[900s]))'
