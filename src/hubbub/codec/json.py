"""Envelopes as JSON (docs/protocol.md §2), to and from the one set of Structs. Pure."""

import json
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from hubbub.codec.malformed import MalformedError, check_text
from hubbub.model.commands import AnyCommand

_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_decode = _decoder.decode
encode = msgspec.json.Encoder().encode
_TAGS = frozenset(command.__struct_config__.tag for command in get_args(AnyCommand))
_LARGEST_ID = 2**32 - 1


class _Pong(Struct, forbid_unknown_fields=True):
    """The answer to the server's `ping`, over framed TCP. Its type is a field, as a tag may be left out."""

    type: Literal["pong"]


_decode_pong = msgspec.json.Decoder(_Pong).decode


def decode(envelope: bytes) -> AnyCommand:
    """The request in an envelope; raises MalformedError with words for its author."""
    try:
        command = _decode(envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(_id_of(envelope), _words(error)) from None
    if b"\\u0000" in envelope:
        check_text(command, command.id)
    return command


def is_pong(envelope: bytes) -> bool:
    """Whether this is the answer to the server's `ping`, which is no request (docs/protocol.md §1)."""
    try:
        _decode_pong(envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _words(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"{error}."
    return "The envelope is not valid JSON (RFC 8259, UTF-8)."


def _id_of(envelope: bytes) -> int | None:
    """The id of an envelope that has a known type and a valid id but is otherwise wrong."""
    try:
        found = json.loads(envelope)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str) or found["type"] not in _TAGS:
        return None
    request = found.get("id")
    return request if type(request) is int and 0 <= request <= _LARGEST_ID else None


def size_of(thing: object) -> int:
    """How many bytes a reply, push or part of one takes; in Protobuf it takes no more."""
    return len(encode(thing))
