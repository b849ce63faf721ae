"""Where alerts arrive: a webhook, as much of WeCom as Alertmanager asks of it, and as much of a mail server (RFC 5321)."""

import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Condition, Thread
from typing import Any

from hubbub.operate.cluster.service import WITHIN

MAIL = "mail"  # the path of what came by SMTP
OF_WECOM = {"errcode": 0, "access_token": "a token", "expires_in": 7200}


@dataclass(frozen=True)
class Delivery:
    """One request: where to, with which Authorization, and what it held. Of a mail: its password, and its text."""

    path: str
    authorization: str
    body: Any


@dataclass
class Inbox:
    """`url` and `mail` (host:port) are where it listens."""

    url: str
    mail: str
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
    """An inbox on two free loopback ports."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    mail = ThreadingTCPServer(("127.0.0.1", 0), StreamRequestHandler)
    inbox = Inbox(f"http://127.0.0.1:{web.server_port}", f"127.0.0.1:{mail.server_address[1]}")
    web.RequestHandlerClass = type("Taker", (_Taker,), {"inbox": inbox})
    mail.RequestHandlerClass = type("Postman", (_Postman,), {"inbox": inbox})
    threads = [Thread(target=server.serve_forever) for server in (web, mail)]
    for thread in threads:
        thread.start()
    try:
        yield inbox
    finally:
        for server in (web, mail):
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


class _Taker(BaseHTTPRequestHandler):
    inbox: Inbox

    def do_GET(self) -> None:
        self._take(None)

    def do_POST(self) -> None:
        self._take(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _take(self, body: object) -> None:
        self.inbox.put(Delivery(self.path, self.headers.get("authorization", ""), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(OF_WECOM).encode())

    def log_message(self, *_: object) -> None: ...


class _Postman(StreamRequestHandler):
    inbox: Inbox

    def handle(self) -> None:
        self._say("220 here")
        password = ""
        while line := self.rfile.readline().decode():
            verb, *rest = line.split()
            if verb == "EHLO":
                self._say("250-here\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                password = b64decode(rest[1]).decode().split("\0")[2]
                self._say("235 you may")
            elif verb == "DATA":
                self._say("354 go on")
                self.inbox.put(Delivery(MAIL, password, self._text()))
                self._say("250 taken")
            else:
                self._say("250 yes" if verb != "QUIT" else "221 bye")

    def _text(self) -> str:
        return b"".join(iter(self.rfile.readline, b".\r\n")).decode()

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())
