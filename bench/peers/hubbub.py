"""Our own protocol (docs/protocol.md): the channel is a room the user is a member of."""

import json
from collections.abc import Iterable, Iterator

from peers.conversation import Delivered, Failed, Heard, Joined, Published


class Hubbub:
    """Subscribed by being a member; `hello` is all that is needed."""

    PATH = "/ws"
    SUBPROTOCOL = "hubbub.v1.json"

    def __init__(self, channel: str, number: int, token: str) -> None:
        self._channel = channel
        self._number = number
        self._token = token
        self._requests = 0

    def opening(self) -> Iterable[bytes]:
        """`hello`."""
        yield _json(type="hello", id=0, token=self._token, chats="none")

    def hear(self, message: bytes) -> Iterator[Heard]:
        """Messages and replies."""
        said = json.loads(message)
        if said["type"] == "message":
            yield Delivered(said["content"])
        elif said["type"] == "sent":
            yield Published()
        elif said["type"] == "welcome":
            yield Joined() if self._channel in said["heads"] else Failed(f"not a member of {self._channel}")
        elif said["type"] in {"error", "bye"}:
            yield Failed(message.decode())

    def publish(self, content: str) -> bytes:
        """`send`."""
        self._requests += 1
        return _json(type="send", id=self._requests, msg_type="group", to=self._channel, content=content,
                     msg_id=f"{self._number}-{content}")  # fmt: skip


def _json(**fields: str | int) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
