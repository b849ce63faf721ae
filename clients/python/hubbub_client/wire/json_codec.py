"""JSON envelopes (protocol.md §2). Pure: bytes in, words out."""

import msgspec

from hubbub_client.wire.codec import BadEnvelope, Incoming
from hubbub_client.wire.entries import ENTRIES
from hubbub_client.wire.pushes import PUSHES
from hubbub_client.wire.replies import REPLIES, Error
from hubbub_client.wire.requests import Request


class _Head(msgspec.Struct, frozen=True):
    type: str
    id: int | None = None


_HEAD = msgspec.json.Decoder(_Head)
_REPLIES = {name: msgspec.json.Decoder(kind) for name, kind in REPLIES.items()}
_PUSHES = {name: msgspec.json.Decoder(kind) for name, kind in {**PUSHES, **ENTRIES, "error": Error}.items()}


class JsonCodec:
    """`hubbub.v1.json`: one JSON object per text frame."""

    subprotocol = "hubbub.v1.json"
    number = 0
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
