"""JSON envelopes (protocol.md §2). Pure: bytes in, words out."""

from typing import NamedTuple, Protocol

import msgspec

from hubbub_client.wire.entries import ENTRIES, Entry
from hubbub_client.wire.pushes import PUSHES, Push
from hubbub_client.wire.replies import REPLIES, Error, Reply
from hubbub_client.wire.requests import Request


class Incoming(NamedTuple):
    """What one envelope said: a reply has an `id`, a push has none. `word` is none when its type is unknown."""

    id: int | None
    word: "Reply | Push | Entry | None"


class BadEnvelope(ValueError):
    """The server sent what this protocol version does not allow."""


class Codec(Protocol):
    """Envelopes as bytes. Implementations: JsonCodec; suite: tests/test_json_codec.py."""

    subprotocol: str
    text: bool

    def encode(self, request: Request, request_id: int | None) -> bytes:
        """The envelope of a request; `request_id` none for requests without a reply."""

    def encode_pong(self) -> bytes:
        """The answer to a server's ping."""

    def decode(self, envelope: bytes) -> Incoming:
        """What an envelope says. Raises BadEnvelope."""


class _Head(msgspec.Struct, frozen=True):
    type: str
    id: int | None = None


_HEAD = msgspec.json.Decoder(_Head)
_REPLIES = {name: msgspec.json.Decoder(kind) for name, kind in REPLIES.items()}
_PUSHES = {name: msgspec.json.Decoder(kind) for name, kind in {**PUSHES, **ENTRIES, "error": Error}.items()}


class JsonCodec:
    """`hubbub.v1.json`: one JSON object per text frame."""

    subprotocol = "hubbub.v1.json"
    text = True

    def encode(self, request: Request, request_id: int | None) -> bytes:
        fields = msgspec.to_builtins(request)
        return msgspec.json.encode(fields if request_id is None else {**fields, "id": request_id})

    def encode_pong(self) -> bytes:
        return b'{"type":"pong"}'

    def decode(self, envelope: bytes) -> Incoming:
        try:
            head = _HEAD.decode(envelope)
            decoders = _PUSHES if head.id is None else _REPLIES
            decoder = decoders.get(head.type)
            return Incoming(head.id, None if decoder is None else decoder.decode(envelope))
        except msgspec.DecodeError as error:
            raise BadEnvelope(str(error)) from error
