"""Centrifugo's client protocol, version 2, in JSON: one object a line, several lines a message.

Source: https://centrifugal.dev/docs/transports/client_protocol. `{}` is the server's ping, and answered with `{}`.
The server must allow the connection (a token, or anonymous clients), subscribing, and publishing by clients.
"""

import json
from collections.abc import Iterable, Iterator

from peers.conversation import Delivered, Failed, Heard, Joined, Published, Say

CONNECT, SUBSCRIBE = 1, 2


class Centrifugo:
    """`connect`, then `subscribe`, then `publish`; each is answered by its id."""

    PATH = "/connection/websocket"
    SUBPROTOCOL = ""

    def __init__(self, channel: str, _number: int, token: str) -> None:
        self._channel = channel
        self._token = token
        self._requests = SUBSCRIBE

    def opening(self) -> Iterable[bytes]:
        """`connect`; the server takes nothing else before it has answered."""
        yield _line({"id": CONNECT, "connect": {"token": self._token} if self._token else {}})

    def hear(self, message: bytes) -> Iterator[Heard]:
        """Replies and pushes, a line each."""
        for line in message.splitlines():
            yield from self._line(json.loads(line))

    def _line(self, said: dict[str, object]) -> Iterator[Heard]:
        match said:
            case {"error": error}:
                yield Failed(json.dumps(error))
            case {"id": int(), "connect": _}:
                yield Say(_line({"id": SUBSCRIBE, "subscribe": {"channel": self._channel}}))
            case {"id": int(), "subscribe": _}:
                yield Joined()
            case {"id": int(), "publish": _}:
                yield Published()
            case {"push": {"channel": self._channel, "pub": {"data": {"content": str(content)}}}}:
                yield Delivered(content)
            case {"push": {"disconnect": why}}:
                yield Failed(json.dumps(why))
            case {} if not said:
                yield Say(b"{}")

    def publish(self, content: str) -> bytes:
        """`publish`."""
        self._requests += 1
        data = {"channel": self._channel, "data": {"content": content}}
        return _line({"id": self._requests, "publish": data})


def _line(said: dict[str, object]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()
