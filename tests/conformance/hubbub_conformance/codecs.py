"""Envelopes as a client sees them, in both codecs: JSON's form in Python, bytes on the wire.

Independent of any server: the Protobuf messages are made from the descriptor set beside the vectors, and what JSON and
Protobuf say differently (protocol.md §2, the head of chat.proto) is said here a second time.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

Envelope = dict[str, Any]
DESCRIPTORS = Path(__file__).with_name("vectors") / "chat.binpb"
NULL_WHERE_ABSENT = "last_seen"  # the one field JSON says as null


@dataclass(frozen=True)
class Codec:
    """`number` is that of data frames. `encode` takes a client's envelope, `decode` reads a server's."""

    name: str
    number: int
    encode: Callable[[Envelope], bytes]
    decode: Callable[[bytes], Envelope]


def _to_json(envelope: Envelope) -> bytes:
    return json.dumps(envelope).encode()


def _from_json(data: bytes) -> Envelope:
    envelope: Envelope = json.loads(data)
    return envelope


@cache
def message_class(name: str) -> Any:  # noqa: ANN401 - a generated message class
    """A message of chat.proto."""
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file:
        pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"hubbub.v1.{name}"))


def to_message(name: str, envelope: Envelope) -> Any:  # noqa: ANN401 - a message
    """An envelope of JSON's form as a message. Raises ValueError or TypeError for what Protobuf cannot say."""
    fields = {key: value for key, value in envelope.items() if key not in {"type", "id", "traceparent"}}
    around = {key: envelope[key] for key in ("id", "traceparent") if key in envelope}
    kind = envelope.get("type")
    return message_class(name)(**around, **({} if kind is None else {kind: _nested(fields)}))


def _nested(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Entries in lists are named by the field they stand in."""
    if isinstance(value, list):
        return [_nested(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _nested(each) for key, each in value.items() if key != "type"}
    return {value["type"]: plain} if "type" in value else plain


def _to_protobuf(envelope: Envelope) -> bytes:
    data: bytes = to_message("ClientEnvelope", envelope).SerializeToString()
    return data


def _from_protobuf(data: bytes) -> Envelope:
    return from_message(message_class("ServerEnvelope").FromString(data))


def from_message(message: Any) -> Envelope:  # noqa: ANN401 - an envelope
    """An envelope in JSON's form; one of a later version has no `type`."""
    around = {name: getattr(message, name) for name in ("id", "traceparent") if _has(message, name)}
    [oneof] = [each for each in message.DESCRIPTOR.oneofs if len(each.fields) > 1]
    kind = message.WhichOneof(oneof.name)
    return around if kind is None else {"type": kind} | around | _plain(getattr(message, kind))


def _has(message: Any, name: str) -> bool:  # noqa: ANN401
    return name in message.DESCRIPTOR.fields_by_name and bool(message.HasField(name))


def _plain(message: Any) -> Envelope:  # noqa: ANN401 - any message
    if message.DESCRIPTOR.name == "Entry":
        return from_message(message)
    plain: Envelope = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if _is_map(field):
            if value:
                plain[field.name] = {key: _value(value[key]) for key in value}
        elif field.is_repeated:
            plain[field.name] = [_value(each) for each in value]
        elif not field.has_presence or message.HasField(field.name):
            plain[field.name] = _value(value)
        elif field.name == NULL_WHERE_ABSENT:
            plain[field.name] = None
    return plain


def _value(value: Any) -> Any:  # noqa: ANN401
    return _plain(value) if hasattr(value, "DESCRIPTOR") else value


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


JSON = Codec("json", 0, _to_json, _from_json)
PROTOBUF = Codec("protobuf", 1, _to_protobuf, _from_protobuf)
CODECS = {codec.number: codec for codec in (JSON, PROTOBUF)}
