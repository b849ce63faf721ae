"""The bare server of servers/broadcast.py: a word, a space, and the rest. Nothing is kept there, and nobody is asked who they are."""

from collections.abc import Iterable, Iterator

from peers.conversation import Delivered, Failed, Heard, Joined, Published


class Broadcast:
    """`join CHANNEL` is answered `joined`; `say CONTENT` is answered `said`, and told to the channel as `heard CONTENT`."""

    PATH = "/"
    SUBPROTOCOL = ""

    def __init__(self, channel: str, _number: int, _token: str) -> None:
        self._channel = channel

    def opening(self) -> Iterable[bytes]:
        """`join`."""
        yield b"join " + self._channel.encode()

    def hear(self, message: bytes) -> Iterator[Heard]:
        """One message."""
        word, _, rest = message.partition(b" ")
        if word == b"heard":
            yield Delivered(rest.decode())
        elif word == b"said":
            yield Published()
        elif word == b"joined":
            yield Joined()
        else:
            yield Failed(message.decode())

    def publish(self, content: str) -> bytes:
        """`say`."""
        return b"say " + content.encode()
