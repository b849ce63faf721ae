"""How an entry lies in a row, and how a row becomes an entry again."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hubbub.model.entries import (
    Deleted,
    Edited,
    Entry,
    MemberChanged,
    Message,
    Reacted,
    Reaction,
    Renamed,
)

MESSAGE, EDITED, DELETED, REACTED, MEMBER, RENAMED = range(1, 7)

Row = tuple[Any, ...]
"""(chat, seq, kind, ts, ordinal, sender, msg_id, content, target, edited, deleted, as_of, extra)"""
COLUMNS = (
    "chat", "seq", "kind", "ts", "ordinal", "sender", "msg_id", "content", "target", "edited", "deleted", "as_of",
    "extra",
)  # fmt: skip

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def row_of(entry: Entry, ordinal: int) -> Row:
    """The row of a new entry; `ordinal` is the number of messages up to it."""
    if type(entry) is Message:
        extra = None if entry.msg_type == "group" else entry.to
        return (entry.chat, entry.seq, MESSAGE, entry.ts, ordinal, entry.sender, entry.msg_id, entry.content,
                entry.reply_to, None, 0, None, extra)  # fmt: skip
    kind, content, target, extra = _CHANGE[type(entry)](entry)
    deleted = int(getattr(entry, "deleted", False))
    return (entry.chat, entry.seq, kind, entry.ts, ordinal, entry.sender, None, content, target, None, deleted,
            None, extra)  # fmt: skip


Parts = tuple[int, str | None, int | None, str | None]

_CHANGE: Mapping[type, Callable[[Any], Parts]] = {
    Edited: lambda e: (EDITED, e.content, e.target, None),
    Deleted: lambda e: (DELETED, None, e.target, None),
    Reacted: lambda e: (REACTED, None, e.target, _encode([e.emoji, e.on]).decode()),
    MemberChanged: lambda e: (MEMBER, None, None, _encode([e.user, e.change, e.until, e.role]).decode()),
    Renamed: lambda e: (RENAMED, None, None, e.name),
}


def entry_of(row: Row, reactions: dict[str, Reaction] | None = None) -> Entry:
    """The entry in present form (docs/protocol.md §2 Rules)."""
    return _ENTRY[row[2]](row, reactions)


def _message(row: Row, reactions: dict[str, Reaction] | None) -> Entry:
    chat, seq, _, ts, _, sender, msg_id, content, target, edited, deleted, as_of, extra = row
    return Message(
        chat=chat,
        seq=seq,
        ts=ts,
        sender=sender,
        msg_id=msg_id,
        msg_type="group" if extra is None else "private",
        to=chat if extra is None else extra,
        content=content,
        reply_to=target,
        edited=None if deleted else edited,
        deleted=bool(deleted),
        reactions=None if deleted else reactions,
        as_of=as_of,
    )


def _edited(row: Row, _: object) -> Entry:
    return Edited(chat=row[0], seq=row[1], ts=row[3], sender=row[5], target=row[8], content=row[7],
                  deleted=bool(row[10]))  # fmt: skip


def _deleted(row: Row, _: object) -> Entry:
    return Deleted(chat=row[0], seq=row[1], ts=row[3], sender=row[5], target=row[8])


def _reacted(row: Row, _: object) -> Entry:
    emoji, on = _decode(row[12])
    return Reacted(chat=row[0], seq=row[1], ts=row[3], sender=row[5], target=row[8], emoji=emoji, on=on)


def _member(row: Row, _: object) -> Entry:
    user, change, until, role = _decode(row[12])
    return MemberChanged(chat=row[0], seq=row[1], ts=row[3], sender=row[5], user=user, change=change, until=until,
                         role=role)  # fmt: skip


def _renamed(row: Row, _: object) -> Entry:
    return Renamed(chat=row[0], seq=row[1], ts=row[3], sender=row[5], name=row[12])


_ENTRY: Mapping[int, Callable[[Row, dict[str, Reaction] | None], Entry]] = {
    MESSAGE: _message,
    EDITED: _edited,
    DELETED: _deleted,
    REACTED: _reacted,
    MEMBER: _member,
    RENAMED: _renamed,
}
