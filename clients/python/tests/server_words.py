"""What a server says and hears, in either codec: fields as JSON has them, bytes as the wire has them."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hubbub_client.wire.chat_pb2 import ClientEnvelope, ServerEnvelope
from hubbub_client.wire.entries import ENTRIES
from hubbub_client.wire.protobuf_codec import _fields

Fields = dict[str, Any]


class ServerWords(NamedTuple):
    """The server's side of a codec."""

    number: int
    encode: Callable[[Fields], bytes]
    decode: Callable[[bytes], Fields]


def _encode_protobuf(fields: Fields) -> bytes:
    """What chat.proto has no words for is left out, as a client of this version would not see it."""
    kind, request_id = fields["type"], fields.get("id")
    if kind not in ServerEnvelope.DESCRIPTOR.fields_by_name:
        return ServerEnvelope(id=request_id).SerializeToString()
    known = ServerEnvelope.DESCRIPTOR.fields_by_name[kind].message_type.fields_by_name
    said = {name: _wrapped(name, fields[name]) for name in known if fields.get(name) is not None}
    return ServerEnvelope(id=request_id, **{kind: said}).SerializeToString()


def _wrapped(name: str, value: Any) -> Any:  # noqa: ANN401 (whatever a field holds)
    """Entries in lists and summaries stand in a message of their own, which says what they are."""
    if name == "entries":
        return [_as_entry(each) for each in value]
    if name == "last":
        return None if value is None else _as_entry(value)
    if name == "chats":
        return [
            {key: _wrapped(key, held) for key, held in each.items() if held is not None} for each in value
        ]
    return value


def _as_entry(fields: Fields) -> Fields:
    if fields["type"] not in ENTRIES:
        return {}
    return {fields["type"]: {name: value for name, value in fields.items() if name != "type"}}


def _decode_protobuf(envelope: bytes) -> Fields:
    said = ClientEnvelope.FromString(envelope)
    kind = said.WhichOneof("request")
    assert kind is not None
    beside = {name: getattr(said, name) for name in ("id", "traceparent") if said.HasField(name)}
    held = {name: value for name, value in _fields(getattr(said, kind)).items() if value not in ({}, [])}
    return {"type": kind, **beside, **held}


JSON = ServerWords(0, lambda fields: json.dumps(fields).encode(), json.loads)
PROTOBUF = ServerWords(1, _encode_protobuf, _decode_protobuf)
