"""Writes src/wire.ts: the TypeScript types of everything on the wire, from the server's own Structs.

    .venv/bin/python clients/typescript/scripts/wire_types.py > clients/typescript/src/wire.ts

`make reference` runs it, and tests/unit/test_wire_types.py fails while the file is not what this prints.
"""

import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

from msgspec import Struct
from msgspec.json import schema_components

from hubbub.accept.http.accounts import NewAccount, OwnProfile, ProfileChange
from hubbub.accept.http.admin.switches import NewMode, SwitchList
from hubbub.accept.http.sessions import LogIn, Refresh, SessionList
from hubbub.model.administration import AuditPage, ErasureStep, Health, OutboxView, RoomPage, UserPage
from hubbub.model.commands import AnyCommand
from hubbub.model.entries import Entry
from hubbub.model.errors import CloseCode, ErrorCode
from hubbub.model.identity import Tokens
from hubbub.model.replies import ChatPush, PingPush, Push, Reply

HEAD = """// Made by scripts/wire_types.py from the server's Structs; `make reference` makes it anew.
// Types of protocol.md §2 and §6. What arrives may have more fields and other types: those are ignored.
"""

NAMED = {"msg_type": "MsgType", "role": "Role"}
"""Fields that the server types as plain strings where they are stored, and that hold one of a few words."""

ALIASES = {
    "MsgType": ("group", "private"),
    "Role": ("owner", "admin", "member"),
}

LATER = -1
"""The default of fields the journal fills in: they are on every wire."""

Schema = dict[str, Any]


def commands() -> tuple[type[Struct], ...]:
    """Every request."""
    return get_args(AnyCommand)


def replies() -> list[type[Struct]]:
    """Every reply."""
    return list(Reply.__subclasses__())


def pushes() -> list[type[Struct]]:
    """Every push that is no entry, but for the one that only framed TCP says: browsers have none."""
    return [*(each for each in Push.__subclasses__() if each is not PingPush), ChatPush]


def name_of(kind: type[Struct], schema: Schema) -> str:
    """Requests and pushes may share a word with each other (`typing`): a request is what is asked."""
    return f"{kind.__name__}Request" if kind in commands() else schema.get("title", kind.__name__)


def typescript(schema: Schema) -> str:
    """A JSON schema as a TypeScript type."""
    match schema:
        case {"$ref": ref}:
            return str(ref).rpartition("/")[2]
        case {"enum": values}:
            return " | ".join(repr(value) for value in values)
        case {"anyOf": parts}:
            return " | ".join(typescript(part) for part in parts)
        case {"type": "array", "items": items}:
            item = typescript(items)
            return f"readonly ({item})[]" if " | " in item else f"readonly {item}[]"
        case {"type": "object", "additionalProperties": values}:
            return f"Readonly<Record<string, {typescript(values)}>>"
        case {"type": kind}:
            return {"integer": "number", "null": "null"}.get(kind, kind)
    raise TypeError(f"no TypeScript for {schema}")


def field(name: str, schema: Schema, *, required: bool) -> str:
    """One field. What is None by default is left out on the wire, so it is never null there."""
    if name == "type":
        return f"  readonly type: {typescript(schema)};"
    kind = NAMED.get(name) or typescript(schema)
    if required or schema.get("default", ...) == LATER:
        return f"  readonly {name}: {kind};"
    left_out = schema.get("default", ...) is None
    return f"  readonly {name}?: {kind.replace(' | null', '') if left_out else kind};"


def interface(kind: type[Struct], schema: Schema) -> str:
    """One Struct. A request's id is given when it is sent."""
    required = schema.get("required", ())
    fields = [
        field(name, each, required=name in required)
        for name, each in schema["properties"].items()
        if not (kind in commands() and name == "id")
    ]
    doc = (schema.get("description") or "").splitlines()[0]
    return "\n".join([f"/** {doc} */", f"export interface {name_of(kind, schema)} {{", *fields, "}"])


def union(name: str, doc: str, members: list[str]) -> str:
    """A named union."""
    return f"/** {doc} */\nexport type {name} =\n" + "\n".join(f"  | {member}" for member in members) + ";"


def words(name: str, doc: str, values: tuple[str, ...]) -> str:
    """A union of strings."""
    return union(name, doc, [repr(value) for value in values])


def render() -> str:
    """The whole file."""
    http = [Tokens, SessionList, OwnProfile, ProfileChange, NewAccount, LogIn, Refresh]
    http += [UserPage, ErasureStep, RoomPage, Health, OutboxView, AuditPage, SwitchList, NewMode]
    entries = get_args(Entry)
    kinds: list[type[Struct]] = [*commands(), *entries, *replies(), *pushes(), *http]
    references, components = schema_components(kinds, ref_template="#/{name}")
    known = dict(zip((str(each["$ref"]).rpartition("/")[2] for each in references), kinds, strict=True))
    parts = [
        HEAD,
        words("MsgType", "A room with many members, or two people.", ALIASES["MsgType"]),
        words("Role", "What a member of a room may do.", ALIASES["Role"]),
        words("ErrorCode", "Why a request was refused (protocol.md §5).", _values(ErrorCode)),
        union("CloseCode", "Why a connection was closed (protocol.md §4).", _numbers()),
        *_interfaces(components, known),
        union("Request", "What a client may ask.", [f"{kind.__name__}Request" for kind in commands()]),
        union("Entry", "What changes a chat's transcript.", [kind.__name__ for kind in entries]),
        union("Reply", "What answers a request.", [kind.__name__ for kind in replies()]),
        union("Push", "What is told unasked, entries aside.", [kind.__name__ for kind in pushes()]),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _interfaces(components: dict[str, Schema], known: dict[str, type[Struct]]) -> Iterator[str]:
    """Requests first; a component that was not asked for by itself is a part of another."""
    for name, schema in sorted(components.items()):
        yield interface(known.get(name, Struct), schema)


def _values(kind: type[Enum]) -> tuple[str, ...]:
    return tuple(str(each.value) for each in kind)


def _numbers() -> list[str]:
    return [str(code.number) for code in CloseCode]


if __name__ == "__main__":
    sys.stdout.write(render())
