"""The contract of docs/protocol.md §2, written down a second time for tests: what each envelope of the server holds.

Independent of the server's Structs on purpose: a field that is renamed, forgotten or added shows here.
"""

from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, object]


class Breach(AssertionError):
    """The server said something the contract does not know."""


def _null(kind: type) -> tuple[type, ...]:
    return (kind, type(None))


_LOGGED = {"chat": str, "seq": int, "ts": int, "from": str}
_TARGET = _LOGGED | {"target": int}
_SUMMARY = {
    "chat": str,
    "msg_type": str,
    "name": str,
    "head": int,
    "received": int,
    "read": int,
    "unread": int,
}
_SUMMARY_MAY = {"peer": str, "public": bool, "role": str, "last": dict}
_PRESENCE = {"user": str, "online": bool, "last_seen": _null(int)}

# type → (fields it always has, fields it may have)
ENTRIES: Mapping[str, tuple[Fields, Fields]] = {
    "message": (
        _LOGGED | {"msg_id": str, "msg_type": str, "to": str, "content": str},
        {"reply_to": int, "edited": int, "deleted": bool, "reactions": dict, "as_of": int},
    ),
    "edited": (_TARGET, {"content": str, "deleted": bool}),
    "deleted": (_TARGET, {}),
    "reacted": (_TARGET | {"emoji": str, "on": bool}, {}),
    "member": (_LOGGED | {"user": str, "change": str}, {"until": int, "role": str}),
    "renamed": (_LOGGED | {"name": str}, {}),
}
REPLIES: Mapping[str, tuple[Fields, Fields]] = {
    "welcome": (
        {"user": str, "device": str, "session": str, "epoch": str, "server_time": int, "heartbeat_ms": int,
         "chats": list, "more": bool, "gone": list},
        {"heads": dict},
    ),
    "sent": ({"msg_id": str, "chat": str, "seq": int, "ts": int, "duplicate": bool}, {}),
    "done": ({"chat": str, "seq": int, "ts": int}, {}),
    "ok": ({}, {}),
    "page": ({"chat": str, "entries": list, "more": bool}, {}),
    "chats": ({"chats": list, "more": bool}, {}),
    "room": ({"chat": str, "name": str, "public": bool, "role": str, "seq": int}, {}),
    "rooms": ({"rooms": list, "more": bool}, {}),
    "members": ({"members": list, "more": bool}, {}),
    "friends": ({"friends": list, "incoming": list, "outgoing": list, "blocked": list}, {}),
    "profiles": ({"profiles": list}, {}),
    "presences": ({"presences": list}, {}),
    "pong": ({}, {}),
    "error": ({"code": str, "message": str}, {"retry_after_ms": int}),
}  # fmt: skip
PUSHES: Mapping[str, tuple[Fields, Fields]] = {
    **ENTRIES,
    "receipt": ({"chat": str, "user": str, "received": int, "read": int}, {}),
    "typing": ({"chat": str, "user": str, "on": bool}, {}),
    "presence": (_PRESENCE, {}),
    "friend": ({"user": str, "change": str}, {}),
    "profile": ({"user": str, "display_name": str}, {"avatar": str}),
    "chat": (_SUMMARY, _SUMMARY_MAY),
    "ping": ({}, {}),
    "resync": ({}, {"chat": str, "after": int, "next": int, "reset": bool}),
    "bye": ({"code": int, "reason": str}, {"reconnect_in_ms": int}),
    "error": ({"code": str, "message": str}, {"retry_after_ms": int}),
}
LISTED: Mapping[str, tuple[Fields, Fields]] = {
    "chats": (_SUMMARY, _SUMMARY_MAY),
    "rooms": ({"chat": str, "name": str, "members": int}, {}),
    "members": (
        {"user": str, "display_name": str, "role": str, "read": int, "received": int},
        {"muted_until": int},
    ),
    "profiles": ({"user": str, "display_name": str}, {"avatar": str}),
    "presences": (_PRESENCE, {}),
}
REPLY_TO: Mapping[str, str] = {
    "hello": "welcome", "send": "sent", "edit": "done", "delete": "done", "react": "done", "received": "ok",
    "read": "ok", "history": "page", "chats": "chats", "create_room": "room", "rooms": "rooms", "join": "done",
    "leave": "done", "rename": "done", "invite": "done", "kick": "done", "ban": "done", "unban": "done",
    "mute": "done", "set_role": "done", "members": "members", "befriend": "ok", "accept": "ok", "decline": "ok",
    "unfriend": "ok", "block": "ok", "unblock": "ok", "friends": "friends", "profile": "profiles",
    "presence": "presences", "ping": "pong",
}  # fmt: skip
ERRORS = frozenset(
    [
        "bad_request",
        "unauthenticated",
        "forbidden",
        "not_found",
        "not_a_member",
        "not_friends",
        "blocked",
        "muted",
        "banned",
        "conflict",
        "protocol_error",
        "too_long",
        "rate_limited",
        "unavailable",
        "internal",
    ]
)
LARGEST = 1_048_576  # bytes of an envelope of the server (§1)
CHANGES = frozenset(["joined", "left", "kicked", "banned", "unbanned", "muted", "role"])
_ERASED = {"content"}


def check_envelope(envelope: dict[str, Any]) -> None:
    """Hold a reply or a push to its shape. Raises Breach."""
    kind = envelope.get("type")
    table = REPLIES if "id" in envelope else PUSHES
    if not isinstance(kind, str) or kind not in table:
        raise Breach(f"no such {'reply' if 'id' in envelope else 'push'}: {envelope}")
    body = {name: value for name, value in envelope.items() if name not in {"id", "type"}}
    _check(body, table[kind], envelope)
    for name, shape in LISTED.items():
        for each in body.get(name, ()):
            _check(each, shape, envelope)
    _check_words(envelope)
    for each in _entries_within(body):
        check_entry(each)


def _entries_within(body: dict[str, Any]) -> list[dict[str, Any]]:
    lasts = [each["last"] for each in (body, *body.get("chats", ())) if "last" in each]
    return [*body.get("entries", ()), *lasts]


def check_entry(entry: dict[str, Any]) -> None:
    """Hold an entry in `history`, `last` or a replay to its shape. Raises Breach."""
    if entry.get("type") not in ENTRIES:
        raise Breach(f"no such entry: {entry}")
    _check({name: value for name, value in entry.items() if name != "type"}, ENTRIES[entry["type"]], entry)
    _check_words(entry)


def _check(body: dict[str, Any], shape: tuple[Fields, Fields], whole: dict[str, Any]) -> None:
    must, may = shape
    erased = _ERASED if body.get("deleted") else set()
    if missing := must.keys() - body.keys() - erased:
        raise Breach(f"without {sorted(missing)}: {whole}")
    if unknown := body.keys() - must.keys() - may.keys():
        raise Breach(f"with {sorted(unknown)}: {whole}")
    if erased & body.keys():
        raise Breach(f"erased, but with content: {whole}")
    for name, value in body.items():
        if not _is(value, must.get(name) or may[name]):
            raise Breach(f"{name} has the wrong type: {whole}")


def _is(value: object, kind: object) -> bool:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return type(value) in kinds  # a bool is no int here


def _check_words(envelope: dict[str, Any]) -> None:
    kind = envelope["type"]
    if kind == "error":
        if envelope["code"] not in ERRORS:
            raise Breach(f"no such code: {envelope}")
        if ("retry_after_ms" in envelope) != (envelope["code"] == "rate_limited"):
            raise Breach(f"retry_after_ms belongs to rate_limited: {envelope}")
    elif kind == "member":
        if envelope["change"] not in CHANGES:
            raise Breach(f"no such change: {envelope}")
        for name, change in (("until", "muted"), ("role", "role")):
            if (name in envelope) != (envelope["change"] == change):
                raise Breach(f"{name} belongs to {change}: {envelope}")


class Flow:
    """The positions of one connection in its chats: entries rise by exactly one (docs/protocol.md §3.3)."""

    def __init__(self, cursors: Mapping[str, int]) -> None:
        self._cursors = dict(cursors)
        self._user = ""
        self.positions: dict[str, int] | None = None
        self._lost: set[str] = set()
        self._partial = False  # the welcome did not name every chat
        self._heads: dict[
            str, int
        ] = {}  # up to them an entry is a replay: what it says of membership is history

    def hear(self, envelope: dict[str, Any]) -> None:
        """Follow what the server says. Raises Breach where a promise is broken."""
        kind = envelope["type"]
        if kind == "welcome":
            self._welcomed(envelope)
        elif "id" in envelope or kind in {"bye", "error"}:
            return
        elif self.positions is None:
            raise Breach(f"a push before welcome: {envelope}")
        elif kind == "chat":
            self._lost.discard(envelope["chat"])
            self.positions[envelope["chat"]] = envelope["head"]
        elif kind == "resync" and "chat" in envelope:
            self._lost.discard(envelope["chat"])
            self.positions[envelope["chat"]] = envelope["next"] - 1
        elif kind in ENTRIES:
            self._moved(envelope, self.positions)

    def _welcomed(self, welcome: dict[str, Any]) -> None:
        self._user, self._partial = welcome["user"], welcome["more"]
        self._heads = {each["chat"]: each["head"] for each in welcome["chats"]} | welcome.get("heads", {})
        held = {chat: seq for chat, seq in self._cursors.items() if chat not in welcome["gone"]}
        self.positions = self._heads | held

    def _moved(self, entry: dict[str, Any], positions: dict[str, int]) -> None:
        chat = entry["chat"]
        if self._partial:
            positions.setdefault(chat, entry["seq"] - 1)
        if chat in self._lost or chat not in positions:
            raise Breach(f"an entry of a chat that is not this user's: {entry}")
        if entry["seq"] != positions[chat] + 1:
            raise Breach(f"after {positions[chat]} came {entry}")
        positions[chat] = entry["seq"]
        gone = entry["type"] == "member" and entry["change"] in {"left", "kicked", "banned"}
        if gone and entry["user"] == self._user and entry["seq"] > self._heads.get(chat, 0):
            self._lost.add(chat)
            del positions[chat]
