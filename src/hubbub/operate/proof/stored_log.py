"""A store as it is, read by other means than the server's: neither its code nor its memory is asked."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubbub.operate.proof.history import Entry, Stored

Row = Mapping[str, Any]


ReadRows = Callable[..., Sequence[Sequence[Row]]]
"""The rows of tables by column name, as the database's own client gives them."""


def read_stored(read: ReadRows) -> Stored:
    """Everything the checker needs."""
    entries, chats, writes, reactions = read("entries", "chats", "writes", "reactions")
    logs: dict[str, list[Entry]] = defaultdict(list)
    for row in sorted(entries, key=lambda row: (row["chat"], row["seq"])):
        logs[row["chat"]].append(_entry(row))
    marks: dict[tuple[str, int], set[tuple[str, str]]] = defaultdict(set)
    for row in reactions:
        marks[row["chat"], row["seq"]].add((row["emoji"], row["user"]))
    heads = {row["id"]: row["head"] for row in chats if row["head"]}
    answered = {(row["user"], row["msg_id"]): (row["chat"], row["seq"]) for row in writes}
    return Stored(dict(logs), heads, answered, dict(marks))


def read_heads(read: ReadRows) -> dict[str, int]:
    """The head of every chat that has entries."""
    (chats,) = read("chats")
    return {row["id"]: row["head"] for row in chats if row["head"]}


def count_pending(read: ReadRows) -> int:
    """Outbox rows nobody has put on the bus yet."""
    (outbox,) = read("outbox")
    return sum(row["state"] == 0 for row in outbox)


def _entry(row: Row) -> Entry:
    base: Entry = {"chat": row["chat"], "seq": row["seq"], "ts": row["ts"], "from": row["sender"]}
    return base | _KINDS[row["kind"]](row)


def _message(row: Row) -> Entry:
    private = row["extra"] is not None
    return {
        "type": "message",
        "msg_id": row["msg_id"],
        "msg_type": "private" if private else "group",
        "to": row["extra"] if private else row["chat"],
        "content": row["content"],
        "reply_to": row["target"],
        "edited": None if row["deleted"] else row["edited"],
        "deleted": bool(row["deleted"]),
        "as_of": row["as_of"],
    }


def _edited(row: Row) -> Entry:
    return {
        "type": "edited", "target": row["target"], "content": row["content"], "deleted": bool(row["deleted"]),
    }  # fmt: skip


def _reacted(row: Row) -> Entry:
    emoji, on = json.loads(row["extra"])
    return {"type": "reacted", "target": row["target"], "emoji": emoji, "on": on}


def _member(row: Row) -> Entry:
    user, change, until, role = json.loads(row["extra"])
    return {"type": "member", "user": user, "change": change, "until": until, "role": role}


_KINDS: Mapping[int, Callable[[Row], Entry]] = {
    1: _message,
    2: _edited,
    3: lambda row: {"type": "deleted", "target": row["target"]},
    4: _reacted,
    5: _member,
    6: lambda row: {"type": "renamed", "name": row["extra"]},
}
