"""Writes hubbub_conformance/vectors: every envelope of the contract in JSON, in Protobuf and as data frames, once.

    .venv/bin/python tests/conformance/make_vectors.py

The envelopes are written here by hand, from docs/protocol.md; the bytes are the client codecs' (hubbub_conformance/codecs).
tests/unit/codec/test_vectors.py fails while the files are not what this writes, and holds the server's codecs to them.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

sys.path.insert(0, str(Path(__file__).parent))

from hubbub.codec import chat_pb2
from hubbub_conformance.codecs import DESCRIPTORS, Envelope, to_message
from hubbub_conformance.raw_tcp import data_frame

VECTORS = DESCRIPTORS.parent
ROOM, ALICE, BOB = "rabcdefghij", "alice", "bob"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOW = 1_764_000_000_000
FAR = 2**53
TEXT = "naïve 👍 \t\u202e\uffff"

REQUESTS: list[Envelope] = [
    {"type": "hello", "id": 0, "token": "t.o.k"},
    {"type": "hello", "id": 4_294_967_295, "token": "t.o.k", "device": "phone", "epoch": "e1", "cursors": {ROOM: 7},
     "chats": "changed", "traceparent": TRACE},
    {"type": "send", "id": 1, "msg_type": "group", "to": ROOM, "content": TEXT, "msg_id": "m1"},
    {"type": "send", "id": 2, "msg_type": "private", "to": BOB, "content": "re", "msg_id": "m2", "reply_to": FAR},
    {"type": "edit", "id": 3, "chat": ROOM, "seq": 5, "content": "better", "msg_id": "m3"},
    {"type": "delete", "id": 4, "chat": ROOM, "seq": 5},
    {"type": "react", "id": 5, "chat": ROOM, "seq": 5, "emoji": "👍", "on": True},
    {"type": "react", "id": 6, "chat": ROOM, "seq": 5, "emoji": "👍", "on": False},
    {"type": "received", "id": 7, "chat": ROOM, "seq": 0},
    {"type": "read", "id": 8, "chat": ROOM, "seq": 9},
    {"type": "history", "id": 9, "chat": ROOM},
    {"type": "history", "id": 10, "chat": ROOM, "before": 100, "limit": 300},
    {"type": "history", "id": 11, "chat": ROOM, "after": 0, "limit": 1},
    {"type": "chats", "id": 12, "after": ROOM},
    {"type": "create_room", "id": 13, "name": "Lobby", "public": True, "msg_id": "m13"},
    {"type": "rooms", "id": 14, "query": "lob", "after": ROOM},
    {"type": "join", "id": 15, "chat": ROOM},
    {"type": "leave", "id": 16, "chat": ROOM},
    {"type": "rename", "id": 17, "chat": ROOM, "name": "Hall"},
    {"type": "invite", "id": 18, "chat": ROOM, "user": BOB},
    {"type": "kick", "id": 19, "chat": ROOM, "user": BOB},
    {"type": "ban", "id": 20, "chat": ROOM, "user": BOB},
    {"type": "unban", "id": 21, "chat": ROOM, "user": BOB},
    {"type": "mute", "id": 22, "chat": ROOM, "user": BOB, "until": NOW},
    {"type": "mute", "id": 23, "chat": ROOM, "user": BOB, "until": 0},
    {"type": "set_role", "id": 24, "chat": ROOM, "user": BOB, "role": "admin"},
    {"type": "members", "id": 25, "chat": ROOM, "after": ALICE, "limit": 10},
    {"type": "befriend", "id": 26, "user": BOB},
    {"type": "accept", "id": 27, "user": BOB},
    {"type": "decline", "id": 28, "user": BOB},
    {"type": "unfriend", "id": 29, "user": BOB},
    {"type": "block", "id": 30, "user": BOB},
    {"type": "unblock", "id": 31, "user": BOB},
    {"type": "friends", "id": 32},
    {"type": "profile", "id": 33, "users": [ALICE, BOB]},
    {"type": "typing", "chat": ROOM, "on": True},
    {"type": "presence", "id": 34, "users": []},
    {"type": "ping", "id": 35},
]  # fmt: skip

PONG: Envelope = {"type": "pong"}  # over framed TCP, to the server's ping

_LOGGED = {"chat": ROOM, "seq": 3, "ts": NOW, "from": ALICE}
MESSAGE = {"type": "message", **_LOGGED, "msg_id": "m1", "msg_type": "group", "to": ROOM, "content": TEXT}
ENTRIES: list[Envelope] = [
    MESSAGE,
    MESSAGE | {"reply_to": 1, "edited": 5, "reactions": {"👍": {"count": 2, "mine": True}}, "as_of": 6},
    {name: value for name, value in MESSAGE.items() if name != "content"} | {"deleted": True, "as_of": 7},
    {"type": "edited", **_LOGGED, "target": 1, "content": "better"},
    {"type": "edited", **_LOGGED, "target": 1, "deleted": True},
    {"type": "deleted", **_LOGGED, "target": 1},
    {"type": "reacted", **_LOGGED, "target": 1, "emoji": "👍", "on": False},
    *({"type": "member", **_LOGGED, "user": BOB, "change": change}
      for change in ("joined", "left", "kicked", "banned", "unbanned")),
    {"type": "member", **_LOGGED, "user": BOB, "change": "muted", "until": 0},
    {"type": "member", **_LOGGED, "user": BOB, "change": "role", "role": "owner"},
    {"type": "renamed", **_LOGGED, "name": "Hall"},
]  # fmt: skip
_NUMBERS = {"head": 3, "received": 2, "read": 0, "unread": 1}
ROOM_LISTED = {
    "chat": ROOM,
    "msg_type": "group",
    "name": "Lobby",
    "public": False,
    "role": "owner",
    **_NUMBERS,
}
CHAT_LISTED = {"chat": "pabc", "msg_type": "private", "name": "Bob", "peer": BOB, **_NUMBERS, "last": MESSAGE}

_WELCOME = {"type": "welcome", "id": 1, "user": ALICE, "device": "phone", "session": "s1", "epoch": "e1",
            "server_time": NOW, "heartbeat_ms": 30_000}  # fmt: skip
REPLIES: list[Envelope] = [
    _WELCOME | {"chats": [ROOM_LISTED, CHAT_LISTED], "more": False, "gone": []},
    _WELCOME | {"chats": [], "more": True, "gone": ["rgone"], "heads": {ROOM: 3}},
    {"type": "sent", "id": 2, "msg_id": "m1", "chat": ROOM, "seq": FAR, "ts": NOW, "duplicate": False},
    {"type": "done", "id": 3, "chat": ROOM, "seq": 4, "ts": NOW},
    {"type": "ok", "id": 4},
    {"type": "page", "id": 5, "chat": ROOM, "entries": ENTRIES, "more": True},
    {"type": "chats", "id": 6, "chats": [CHAT_LISTED], "more": False},
    {"type": "room", "id": 7, "chat": ROOM, "name": "Lobby", "public": True, "role": "owner", "seq": 1},
    {"type": "rooms", "id": 8, "rooms": [{"chat": ROOM, "name": "Lobby", "members": 2}], "more": False},
    {"type": "members", "id": 9, "members": [
        {"user": ALICE, "display_name": "Alice", "role": "owner", "read": 3, "received": 3},
        {"user": BOB, "display_name": "", "role": "member", "muted_until": NOW, "read": 0, "received": 0},
    ], "more": False},
    {"type": "friends", "id": 10, "friends": [BOB], "incoming": [], "outgoing": ["carol"], "blocked": []},
    {"type": "profiles", "id": 11, "profiles": [
        {"user": ALICE, "display_name": "Alice", "avatar": "/avatars/a"}, {"user": BOB, "display_name": "Bob"},
    ]},
    {"type": "presences", "id": 12, "presences": [
        {"user": ALICE, "online": True, "last_seen": None}, {"user": BOB, "online": False, "last_seen": NOW},
    ]},
    {"type": "pong", "id": 0},
]  # fmt: skip
ERRORS = (
    "bad_request", "unauthenticated", "forbidden", "not_found", "not_a_member", "not_friends", "blocked", "muted",
    "banned", "conflict", "protocol_error", "too_long", "unavailable", "internal",
)  # fmt: skip
REFUSALS: list[Envelope] = [
    *({"type": "error", "id": 1, "code": code, "message": "No."} for code in ERRORS),
    {"type": "error", "id": 1, "code": "rate_limited", "message": "Too often.", "retry_after_ms": 1_000},
    {"type": "error", "code": "bad_request", "message": "Without an id."},
]
CLOSES = {
    1000: "normal", 1001: "going_away", 1002: "protocol_error", 1003: "unsupported_data", 1007: "invalid_data",
    1009: "message_too_big", 1012: "service_restart", 4000: "internal", 4001: "slow_consumer", 4002: "hello_timeout",
    4003: "no_heartbeat", 4029: "flooding", 4500: "unauthenticated", 4501: "session_revoked", 4502: "protocol_error",
    4503: "too_many_connections",
}  # fmt: skip
PUSHES: list[Envelope] = [
    *ENTRIES,
    {"type": "receipt", "chat": ROOM, "user": BOB, "received": 3, "read": 0},
    {"type": "typing", "chat": ROOM, "user": BOB, "on": False},
    {"type": "presence", "user": BOB, "online": True, "last_seen": None},
    {"type": "presence", "user": BOB, "online": False, "last_seen": NOW},
    *({"type": "friend", "user": BOB, "change": change} for change in ("requested", "accepted", "removed")),
    {"type": "profile", "user": BOB, "display_name": "Bob", "avatar": "/avatars/b"},
    {"type": "chat", **ROOM_LISTED},
    {"type": "resync", "chat": ROOM, "after": 0, "next": 9},
    {"type": "resync", "chat": ROOM, "after": 0, "next": 4, "reset": True},
    {"type": "resync"},
    {"type": "ping"},
    *({"type": "bye", "code": code, "reason": reason} for code, reason in CLOSES.items()),
    {"type": "bye", "code": 1012, "reason": "service_restart", "reconnect_in_ms": 0},
]  # fmt: skip


def vector(message: str, envelope: Envelope) -> dict[str, Any]:
    """One envelope in all its forms."""
    as_json = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    as_protobuf = to_message(message, envelope).SerializeToString(deterministic=True)
    return {
        "envelope": envelope,
        "protobuf": as_protobuf.hex(),
        "json_frame": data_frame(0, as_json).hex(),
        "protobuf_frame": data_frame(1, as_protobuf).hex(),
    }


def files() -> Iterator[tuple[Path, bytes]]:
    """Every file of the vectors, as it has to be."""
    file = FileDescriptorProto.FromString(chat_pb2.DESCRIPTOR.serialized_pb)
    yield DESCRIPTORS, FileDescriptorSet(file=[file]).SerializeToString(deterministic=True)
    for name, message, envelopes in (
        ("requests", "ClientEnvelope", [*REQUESTS, PONG]),
        ("replies", "ServerEnvelope", REPLIES),
        ("errors", "ServerEnvelope", REFUSALS),
        ("pushes", "ServerEnvelope", PUSHES),
    ):
        text = json.dumps([vector(message, each) for each in envelopes], ensure_ascii=False, indent=1)
        yield VECTORS / f"{name}.json", f"{text}\n".encode()


if __name__ == "__main__":
    for path, content in files():
        path.write_bytes(content)
