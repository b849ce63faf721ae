"""One connection's conversation with a chat server, as pure bytes: no socket, no clock."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol


class Say(NamedTuple):
    """A text message to answer with."""

    message: bytes


class Joined(NamedTuple):
    """The channel is subscribed to: from now on what is published there comes."""


class Published(NamedTuple):
    """Something of ours was accepted."""


class Delivered(NamedTuple):
    """Something that was published on the channel, by whomever."""

    content: str


class Failed(NamedTuple):
    """The server said no."""

    why: str


Heard = Say | Joined | Published | Delivered | Failed


class Conversation(Protocol):
    """Implemented by the classes of peers/protocols.py; tests/bench/test_peers.py holds them to it.

    Made with the channel to subscribe to, the connection's number and a token (empty: none is asked for). `PATH` and
    `SUBPROTOCOL` (may be empty) are asked for at the upgrade.
    """

    PATH: str
    SUBPROTOCOL: str

    def opening(self) -> Iterable[bytes]:
        """What the client says first."""

    def hear(self, message: bytes) -> Iterator[Heard]:
        """What a message of the server means. Unknown ones mean nothing. Raises ValueError for what is none."""

    def publish(self, content: str) -> bytes:
        """Say something on the channel."""
