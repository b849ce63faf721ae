"""Where alerts arrive: a webhook, and as much of WeCom as Alertmanager asks of it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from hubbub.operate.cluster.service import WITHIN

OF_WECOM = {"errcode": 0, "access_token": "a token", "expires_in": 7200}


@dataclass(frozen=True)
class Delivery:
    """One request: where to, with which Authorization, and what it held."""

    path: str
    authorization: str
    body: Any


@dataclass
class Inbox:
    """`url` is where it listens."""

    url: str
    _came: list[Delivery] = field(default_factory=list)
    _changed: Condition = field(default_factory=Condition)

    def put(self, delivery: Delivery) -> None:
        """It came."""
        with self._changed:
            self._came.append(delivery)
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[Delivery], bool]) -> Delivery:
        """The first delivery that is so, also of those that have come."""
        deadline = time.monotonic() + WITHIN
        with self._changed:
            while not (found := [each for each in self._came if wanted(each)]):
                assert self._changed.wait(deadline - time.monotonic()), [each.body for each in self._came]
        return found[0]


@contextmanager
def opened() -> Iterator[Inbox]:
    """An inbox on a free loopback port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    inbox = Inbox(f"http://127.0.0.1:{server.server_port}")

    class Taker(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._take(None)

        def do_POST(self) -> None:
            self._take(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def _take(self, body: object) -> None:
            inbox.put(Delivery(self.path, self.headers.get("authorization", ""), body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(OF_WECOM).encode())

        def log_message(self, *_: object) -> None: ...

    server.RequestHandlerClass = Taker
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
