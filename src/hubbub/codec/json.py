"""Envelopes as JSON (docs/protocol.md §2), to and from the one set of Structs. Pure."""

import json
from typing import Any, get_args

import msgspec
from msgspec import Struct

from hubbub.model.commands import AnyCommand

_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_decode = _decoder.decode
encode = msgspec.json.Encoder().encode
_TAGS = frozenset(command.__struct_config__.tag for command in get_args(AnyCommand))
_LARGEST_ID = 2**32 - 1


class MalformedError(Exception):
    """Not a request of the contract. `id` is set where the envelope had a valid type and id."""

    def __init__(self, request: int | None, message: str) -> None:
        super().__init__(message)
        self.id = request
        self.message = message


def decode(envelope: bytes) -> AnyCommand:
    """The request in an envelope; raises MalformedError with words for its author."""
    try:
        command = _decode(envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(_id_of(envelope), _words(error)) from None
    if b"\\u0000" in envelope and _has_nul(command):
        raise MalformedError(command.id, "Strings must not contain U+0000.")
    return command


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


def _has_nul(command: Struct) -> bool:
    return any(_holds_nul(getattr(command, name)) for name in command.__struct_fields__)


def _holds_nul(value: Any) -> bool:  # noqa: ANN401 - whatever a field may hold
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, list | dict):
        return any(map(_holds_nul, value))
    return False


def size_of(thing: object) -> int:
    """How many bytes a reply, push or part of one takes."""
    return len(encode(thing))
