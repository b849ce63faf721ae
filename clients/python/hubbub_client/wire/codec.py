"""What a codec is: words to bytes and back. The link knows no more of it."""

from typing import NamedTuple, Protocol

from hubbub_client.wire.entries import Entry
from hubbub_client.wire.pushes import Push
from hubbub_client.wire.replies import Reply
from hubbub_client.wire.requests import Request


class Incoming(NamedTuple):
    """What one envelope said: a reply has an `id`, a push has none. `word` is none when its type is unknown."""

    id: int | None
    word: Reply | Push | Entry | None


class BadEnvelope(ValueError):
    """The server sent what this protocol version does not allow."""


class Codec(Protocol):
    """Envelopes as bytes. Implementations: JsonCodec, ProtobufCodec; suite: tests/test_codecs.py.

    `subprotocol` names it on a WebSocket, `number` in a data frame; `text` says which kind of WebSocket frame.
    """

    subprotocol: str
    number: int
    text: bool

    def encode(self, request: Request, request_id: int | None) -> bytes:
        """The envelope of a request; `request_id` none for requests without a reply."""

    def encode_pong(self) -> bytes:
        """The answer to a server's ping."""

    def decode(self, envelope: bytes) -> Incoming:
        """What an envelope says. Raises BadEnvelope."""
