"""Envelopes as Protobuf (chat.proto, docs/protocol.md §2), to and from the one set of Structs. Pure.

Nothing here knows a request, reply or push by name: what there is to convert is read from the Structs and from the
generated descriptors, once, when this module is loaded.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

import msgspec
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from msgspec import Struct, to_builtins

from hubbub.codec.chat_pb2 import ClientEnvelope, Entry, ServerEnvelope
from hubbub.codec.malformed import MalformedError, check_text
from hubbub.model.commands import AnyCommand

Fields = dict[str, Any]
Reshape = Callable[[Fields], Fields]

_ID = ClientEnvelope.ID_FIELD_NUMBER
_VARINT = 0
_PONG = "pong"


def _bodies(envelope: Any, oneof: str) -> dict[str, Any]:  # noqa: ANN401 - a generated message class
    """What an envelope may hold: the names of its oneof, with the descriptors of their messages."""
    return {field.name: field.message_type for field in envelope.DESCRIPTOR.oneofs_by_name[oneof].fields}


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Request(NamedTuple):
    """How to read one: its Struct, its fields that may be absent, and what makes plain values of its lists and maps."""

    struct: type[AnyCommand]
    scalars: tuple[str, ...]
    containers: tuple[tuple[str, Callable[[Any], Any]], ...]


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _request(struct: type[AnyCommand], message: Descriptor) -> _Request:
    return _Request(
        struct,
        tuple(field.name for field in message.fields if not field.is_repeated),
        tuple(
            (field.name, dict if _is_map(field) else list) for field in message.fields if field.is_repeated
        ),
    )


_STRUCTS = {command.__struct_config__.tag: command for command in get_args(AnyCommand)}
_REQUESTS = {
    kind: _request(_STRUCTS[kind], message)
    for kind, message in _bodies(ClientEnvelope, "request").items()
    if kind != _PONG
}
_NUMBERS = frozenset(ClientEnvelope.DESCRIPTOR.fields_by_name[kind].number for kind in _REQUESTS)


def decode(envelope: bytes) -> AnyCommand:
    """The request in an envelope; raises MalformedError with words for its author."""
    try:
        message = ClientEnvelope.FromString(envelope)
    except DecodeError:
        words = "The envelope is not a valid hubbub.v1.ClientEnvelope (Protobuf, strings in UTF-8)."
        raise MalformedError(_id_of(envelope), words) from None
    kind = message.WhichOneof("request")
    known = _REQUESTS.get(kind) if kind is not None else None
    if known is None:
        raise MalformedError(None, "The envelope holds no request of a known type.")
    request = getattr(message, kind)
    given = message.id if message.HasField("id") else None
    _check_known(message, given)
    _check_known(request, given)
    try:
        command = msgspec.convert(_fields(message, request, given, known), known.struct)
    except msgspec.ValidationError as error:
        raise MalformedError(given, f"{error}.") from None
    if b"\0" in envelope:
        check_text(command, given)
    return command


def _fields(message: ClientEnvelope, request: Any, given: int | None, known: _Request) -> Fields:  # noqa: ANN401
    """What the client set, by the names of the contract."""
    is_set = request.HasField
    fields: Fields = {name: getattr(request, name) for name in known.scalars if is_set(name)}
    for name, plain in known.containers:
        value = plain(getattr(request, name))
        if value or plain is list:  # an empty map is as good as none; a list may be required
            fields[name] = value
    if given is not None:
        fields["id"] = given
    if message.HasField("traceparent"):
        fields["traceparent"] = message.traceparent
    return fields


def _check_known(message: Any, given: int | None) -> None:  # noqa: ANN401 - any generated message
    unknown = UnknownFieldSet(message)
    if len(unknown):
        raise MalformedError(given, f"Object contains unknown field `{unknown[0].field_number}`.")


def _id_of(envelope: bytes) -> int | None:
    """The id of an envelope that has a known type and a valid id but is otherwise wrong."""
    try:
        top = UnknownFieldSet(Empty.FromString(envelope))
    except DecodeError:
        return None
    found = [top[at] for at in range(len(top))]
    if not any(field.field_number in _NUMBERS for field in found):
        return None
    ids = [field.data for field in found if field.field_number == _ID and field.wire_type == _VARINT]
    return ids[-1] % 2**32 if ids else None


def is_pong(envelope: bytes) -> bool:
    """Whether this is the answer to the server's `ping`, which is no request (docs/protocol.md §1)."""
    try:
        return ClientEnvelope.FromString(envelope) == _PONG_ENVELOPE
    except DecodeError:
        return False


_PONG_ENVELOPE = ClientEnvelope(pong={})


# ── replies and pushes ──────────────────────────────────────────────────────────────────────────────────────────────


def _named(entry: Fields) -> Fields:
    """An entry in a list: what JSON says in its `type` is the name of a oneof's field here."""
    return {entry.pop("type"): entry}


def _reshape(message: Descriptor) -> Reshape | None:
    """What makes of a Struct's plain values those that the message's constructor takes; None: they are so already."""
    if message is Entry.DESCRIPTOR:
        return _named
    steps = [
        (field.name, field.is_repeated, inner)
        for field in message.fields
        if field.message_type is not None and (inner := _reshape(field.message_type)) is not None
    ]

    def reshape(fields: Fields) -> Fields:
        for name, repeated, inner in steps:
            value = fields.get(name)
            if value is not None:
                fields[name] = list(map(inner, value)) if repeated else inner(value)
        return fields

    return reshape if steps else None


_RESHAPES = {
    kind: reshape
    for kind, message in _bodies(ServerEnvelope, "reply_or_push").items()
    if (reshape := _reshape(message)) is not None
}


def encode(envelope: Struct) -> bytes:
    """A reply (with its id, if it has one) or a push."""
    fields: Fields = to_builtins(envelope)
    kind, request = fields.pop("type"), fields.pop("id", None)
    reshape = _RESHAPES.get(kind)
    body = fields if reshape is None else reshape(fields)
    return ServerEnvelope(id=request, **{kind: body}).SerializeToString()
