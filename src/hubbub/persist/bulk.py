"""Many rows in one statement.

sqlite3 gives up the interpreter lock around every step of a statement and must win it back from a busy event loop each
time (up to 5 ms). So on SQLite a batch travels as one JSON array and is inserted by one statement: one step, however
many rows (docs/adr/0003).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, TextClause, bindparam, text, update

from hubbub.persist.tables import chats, members, users

Head = tuple[str, int, int, int, int, int]

_encode = msgspec.json.Encoder().encode


def as_json(rows: Sequence[Any]) -> str:
    """The one parameter of a statement that reads `json_each(:rows)`."""
    return _encode(rows).decode()


def insert(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Any]) -> None:
    """Insert rows whose values stand in the order of `columns`. Values are what JSON can carry (no bytes)."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(_insert_json(table.name, columns), {"rows": as_json(rows)})
    else:
        connection.execute(table.insert(), [dict(zip(columns, row, strict=True)) for row in rows])


@lru_cache
def _insert_json(table: str, columns: tuple[str, ...]) -> TextClause:
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(f"value ->> {position}" for position in range(len(columns)))
    return text(f'INSERT INTO "{table}" ({names}) SELECT {values} FROM json_each(:rows)')  # noqa: S608 - our names


def update_heads(connection: Connection, heads: Sequence[Head]) -> None:
    """Set (head, ordinal, rights_version, visible, changed_at) of chats by id."""
    if not heads:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(_HEADS_JSON, {"heads": as_json(heads)})
    else:
        names = ("chat", "new_head", "new_ordinal", "new_version", "shown", "now")
        connection.execute(_HEADS, [dict(zip(names, head, strict=True)) for head in heads])


_HEADS_JSON = text(
    "UPDATE chats SET head = h.value ->> 1, ordinal = h.value ->> 2, rights_version = h.value ->> 3,"
    " visible = h.value ->> 4, changed_at = h.value ->> 5"
    " FROM json_each(:heads) AS h WHERE chats.id = h.value ->> 0"
)
_HEADS = (
    update(chats)
    .where(chats.c.id == bindparam("chat"))
    .values(
        head=bindparam("new_head"),
        ordinal=bindparam("new_ordinal"),
        rights_version=bindparam("new_version"),
        visible=bindparam("shown"),
        changed_at=bindparam("now"),
    )
)

Cursor = tuple[str, str, int, int, int]
"""(chat, user, received, read, read_ordinal)"""


def update_cursors(connection: Connection, cursors: Sequence[Cursor]) -> None:
    """Raise members' cursors."""
    if not cursors:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(_CURSORS_JSON, {"cursors": as_json(cursors)})
    else:
        names = ("in_chat", "who", "new_received", "new_read", "new_ordinal")
        connection.execute(_CURSORS, [dict(zip(names, each, strict=True)) for each in cursors])


def set_last_seen(connection: Connection, seen: Sequence[tuple[str, int]]) -> None:
    """Keep when users were last connected (ms)."""
    if seen:
        connection.execute(_LAST_SEEN, [{"who": user, "seen": at} for user, at in seen])


_CURSORS_JSON = text(
    "UPDATE members SET received = c.value ->> 2, read = c.value ->> 3, read_ordinal = c.value ->> 4"
    " FROM json_each(:cursors) AS c WHERE members.chat = c.value ->> 0 AND members.user = c.value ->> 1"
)
_CURSORS = (
    update(members)
    .where(members.c.chat == bindparam("in_chat"), members.c.user == bindparam("who"))
    .values(
        received=bindparam("new_received"), read=bindparam("new_read"), read_ordinal=bindparam("new_ordinal")
    )
)
_LAST_SEEN = update(users).where(users.c.user == bindparam("who")).values(last_seen=bindparam("seen"))
