"""Does the server at an address work? Two people sign up, talk over HTTP and WebSocket, and log out: `make smoke URL=https://…`.

Each step says what it did; the first that fails ends it with exit status 1. The two accounts (`smoke-…`) remain, the room is left.
Needs open sign-up, and nothing but what `make setup` installs.
"""

import argparse
import json
import secrets
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

PATIENCE = 10.0  # seconds for each answer: a deployment that is slower than that does not work
REVOKED = 4501  # the close code of a session that was logged out (docs/protocol.md §4)


class NotAsPromisedError(Exception):
    """The server did something else."""


def expect(what: str, said: object, promised: object) -> None:
    """Raise NotAsPromisedError unless the two are the same."""
    if said != promised:
        raise NotAsPromisedError(f"{what}: {said!r} instead of {promised!r}")


@dataclass
class Person:
    """One account, its HTTP client and, once opened, its WebSocket."""

    name: str
    http: httpx.Client
    token: str = ""
    socket: ClientConnection | None = None

    def ask(self, method: str, path: str, status: int, **body: object) -> Any:  # noqa: ANN401 - JSON
        """One request over HTTP; gives the answer's body."""
        answer = self.http.request(method, f"/api/v1{path}", json=body or None)
        expect(f"{method} {path} ({answer.text[:200]})", answer.status_code, status)
        return answer.json() if answer.content else None

    def sign_up(self) -> None:
        """Make the account, and use its token from now on."""
        made = self.ask("POST", "/accounts", 201, user=self.name, password=secrets.token_urlsafe(16))
        self.token = made["token"]
        self.http.headers["authorization"] = f"Bearer {self.token}"

    def hear(self, kind: str) -> dict[str, Any]:
        """The next envelope of that type; others are skipped. Raises NotAsPromisedError when it does not come."""
        if self.socket is None:
            raise NotAsPromisedError(f"{self.name} has no WebSocket")
        while True:
            try:
                said: dict[str, Any] = json.loads(self.socket.recv(PATIENCE))
            except TimeoutError:
                raise NotAsPromisedError(f"{self.name} waited {PATIENCE:.0f} s for {kind}") from None
            if said["type"] == kind:
                return said

    def say(self, kind: str, **fields: object) -> None:
        """One request over the WebSocket."""
        if self.socket is None:
            raise NotAsPromisedError(f"{self.name} has no WebSocket")
        self.socket.send(json.dumps({"type": kind, "id": 1, **fields}))


class Visit:
    """The steps, in order; each is a sentence."""

    def __init__(self, url: str, alice: Person, bob: Person, opened: ExitStack) -> None:
        self.url, self.alice, self.bob, self.opened = url.rstrip("/"), alice, bob, opened
        self.chat = ""
        self.steps: dict[str, Callable[[], None]] = {
            "two people sign up": self._sign_up,
            "one makes a room, the other joins": self._meet,
            "a WebSocket opens and is welcomed": self._open,
            "what is sent over HTTP arrives over WebSocket": self._send,
            "what is sent over WebSocket is in the history": self._answer,
            "what is sent twice is there once": self._repeat,
            "logging out closes the WebSocket": self._log_out,
        }

    def _sign_up(self) -> None:
        self.alice.sign_up()
        self.bob.sign_up()

    def _meet(self) -> None:
        room = self.alice.ask("POST", "/rooms", 201, name="smoke", public=True)
        self.chat = room["chat"]
        self.bob.ask("POST", f"/rooms/{self.chat}/members", 201)

    def _open(self) -> None:
        address = f"ws{self.url.removeprefix('http')}/ws"
        dialled = connect(address, open_timeout=PATIENCE, close_timeout=PATIENCE)
        self.bob.socket = self.opened.enter_context(dialled)
        self.bob.say("hello", token=self.bob.token)
        expect("the one welcomed", self.bob.hear("welcome")["user"], self.bob.name)

    def _send(self) -> None:
        self._post(201)
        expect("the message pushed", self.bob.hear("message")["content"], "hello from alice")

    def _post(self, status: int) -> int:
        sent = self.alice.ask(
            "POST", f"/chats/{self.chat}/entries", status, content="hello from alice", msg_id="1"
        )
        return int(sent["seq"])

    def _answer(self) -> None:
        self.bob.say("send", msg_type="group", to=self.chat, content="hello from bob", msg_id="1")
        seq = self.bob.hear("sent")["seq"]
        expect("the newest message", self._history()[-1], (seq, "hello from bob"))

    def _repeat(self) -> None:
        before = self._history()
        expect("the place of the first", self._post(200), before[0][0])
        expect("the history", self._history(), before)

    def _history(self) -> list[tuple[int, str]]:
        page = self.alice.ask("GET", f"/chats/{self.chat}/entries", 200)
        return [(each["seq"], each["content"]) for each in page["entries"] if each["type"] == "message"]

    def _log_out(self) -> None:
        self.bob.ask("DELETE", "/sessions/current", 204)
        try:
            self.bob.hear("nothing more")
        except ConnectionClosed as closed:
            expect("the close code", closed.rcvd and closed.rcvd.code, REVOKED)
        self.alice.ask("DELETE", f"/rooms/{self.chat}/members/{self.alice.name}", 200)


def visit(url: str) -> bool:
    """Take the steps; False after the first that failed."""
    with ExitStack() as opened:
        people = [
            Person(
                f"smoke-{secrets.token_hex(6)}",
                opened.enter_context(httpx.Client(base_url=url, timeout=PATIENCE)),
            )
            for _ in range(2)
        ]
        for step, do in Visit(url, *people, opened).steps.items():
            try:
                do()
            except (NotAsPromisedError, httpx.HTTPError, OSError, WebSocketException, KeyError) as error:
                print(f"FAILED  {step}: {error!r}")
                return False
            print(f"ok      {step}")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Does the server at an address work?")
    parser.add_argument("url", help="the public address, such as https://chat.example.org")
    return 0 if visit(parser.parse_args().url) else 1


if __name__ == "__main__":
    sys.exit(main())
