"""Socket.IO 5 on Engine.IO 4, over WebSocket alone: digits before JSON say what a packet is.

Sources: https://socket.io/docs/v4/engine-io-protocol and https://socket.io/docs/v4/socket-io-protocol. Rooms are the
server's own business there, so the server must know two events, as servers/socketio.mjs does: `join` (channel) and
`publish` (channel, content), both acknowledged, and tell the room `message` (content).
"""

import json
from collections.abc import Iterable, Iterator

from peers.conversation import Delivered, Failed, Heard, Joined, Published, Say

OPEN, CLOSE, PING, PONG = b"0123"
CONNECTED, DISCONNECTED, EVENT, ACK, REFUSED = b"40", b"41", b"42", b"43", b"44"
JOIN = 0  # the acknowledgement's number; those of `publish` follow


class SocketIo:
    """Engine.IO opens, Socket.IO connects to the main namespace, then events go both ways."""

    PATH = "/socket.io/?EIO=4&transport=websocket"
    SUBPROTOCOL = ""

    def __init__(self, channel: str, _number: int, token: str) -> None:
        self._channel = channel
        self._token = token
        self._requests = JOIN

    def opening(self) -> Iterable[bytes]:
        """Nothing: the server opens."""
        return ()

    def hear(self, message: bytes) -> Iterator[Heard]:
        """One packet."""
        kind, rest = message[:2], message[2:]
        if message[0] == OPEN:
            yield Say(CONNECTED + (json.dumps({"token": self._token}).encode() if self._token else b""))
        elif message[0] == PING:
            yield Say(bytes((PONG,)) + message[1:])
        elif kind == CONNECTED:
            yield Say(self._event(JOIN, "join", self._channel))
        elif kind == ACK:
            yield Joined() if rest.partition(b"[")[0] == b"%d" % JOIN else Published()
        elif kind == EVENT:
            yield from _delivered(json.loads(rest))
        elif kind in {DISCONNECTED, REFUSED} or message[0] == CLOSE:
            yield Failed(message.decode())

    def publish(self, content: str) -> bytes:
        """The event `publish`, acknowledged."""
        self._requests += 1
        return self._event(self._requests, "publish", self._channel, content)

    def _event(self, number: int, *words: str) -> bytes:
        return EVENT + b"%d" % number + json.dumps(words, separators=(",", ":")).encode()


def _delivered(words: list[str]) -> Iterator[Heard]:
    if words[0] == "message":
        yield Delivered(words[1])
