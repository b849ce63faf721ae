"""Protobuf envelopes (chat.proto). Pure: bytes in, words out.

chat.proto names its fields as JSON does, so both codecs make the same Structs of the same fields; what differs is only
which of them are on the wire.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import msgspec
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, EncodeError, Message

from hubbub_client.wire.chat_pb2 import ClientEnvelope, Entry, ServerEnvelope
from hubbub_client.wire.codec import BadEnvelope, Incoming
from hubbub_client.wire.entries import ENTRIES
from hubbub_client.wire.pushes import PUSHES
from hubbub_client.wire.replies import REPLIES, Error
from hubbub_client.wire.requests import Request

_PUSHES = {**PUSHES, **ENTRIES, "error": Error}


class ProtobufCodec:
    """`hubbub.v1.protobuf`: one ClientEnvelope or ServerEnvelope per binary frame."""

    subprotocol = "hubbub.v1.protobuf"
    number = 1
    text = False

    def encode(self, request: Request, request_id: int | None) -> bytes:
        fields = msgspec.to_builtins(request)
        kind, traceparent = fields.pop("type"), fields.pop("traceparent", None)
        try:
            return ClientEnvelope(
                id=request_id, traceparent=traceparent, **{kind: fields}
            ).SerializeToString()
        except EncodeError as error:
            raise ValueError(f"{kind} cannot be sent: {error}") from error

    def encode_pong(self) -> bytes:
        return ClientEnvelope(pong={}).SerializeToString()

    def decode(self, envelope: bytes) -> Incoming:
        try:
            said = ServerEnvelope.FromString(envelope)
            request_id = said.id if said.HasField("id") else None
            kind = said.WhichOneof("reply_or_push")
            word = (_PUSHES if request_id is None else REPLIES).get(kind or "")
            if word is None or kind is None:
                return Incoming(request_id, None)
            return Incoming(request_id, msgspec.convert({"type": kind, **_fields(getattr(said, kind))}, word))
        except (DecodeError, msgspec.ValidationError) as error:
            raise BadEnvelope(str(error)) from error


class _Field(NamedTuple):
    name: str
    optional: bool
    read: Callable[[Any], Any]


def _fields(message: Message) -> dict[str, Any]:
    """A message's fields as JSON has them: optional ones only if they are there."""
    return {
        name: read(getattr(message, name))
        for name, optional, read in _shape(message.DESCRIPTOR)
        if not optional or message.HasField(name)
    }


@cache
def _shape(descriptor: Descriptor) -> tuple[_Field, ...]:
    return tuple(_Field(field.name, field.has_presence, _reader(field)) for field in descriptor.fields)


def _reader(field: FieldDescriptor) -> Callable[[Any], Any]:
    """How a field's value is read: maps and lists are read value by value, entries tell which kind they are."""
    kind = field.message_type
    if kind is None:
        return list if field.is_repeated else _as_it_is
    if kind.GetOptions().map_entry:
        value = _reader(kind.fields_by_name["value"])
        return lambda held: {key: value(held[key]) for key in held}
    if kind is Entry.DESCRIPTOR:
        return _entries if field.is_repeated else _entry
    return _list_of_messages if field.is_repeated else _fields


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 (a scalar of any kind)
    return value


def _list_of_messages(held: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (a container of the Protobuf library)
    return [_fields(each) for each in held]


def _entry(entry: Entry) -> dict[str, Any] | None:
    """None for an entry of a kind this version does not know: nothing of it can be read, not even its seq."""
    kind = entry.WhichOneof("entry")
    return None if kind is None else {"type": kind, **_fields(getattr(entry, kind))}


def _entries(held: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (a container of the Protobuf library)
    """A piece of history. It has no holes, so an entry of an unknown kind stands right after the one before it."""
    entries = [_entry(each) for each in held]
    first = next((entry["seq"] - at for at, entry in enumerate(entries) if entry), None)
    if first is None:
        return []
    return [entry or {"type": "", "seq": first + at} for at, entry in enumerate(entries)]
