"""Many rows in one statement.

sqlite3 gives up the interpreter lock around every step of a statement and must win it back from a busy event loop each
time (up to 5 ms); a database server takes a round trip for each. So a batch is one statement: one step, however many rows
(docs/adr/0003). How the rows travel is the dialect's business.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Table, and_, func, select, tuple_, update

from hubbub.persist.dialects import NUMBER, TEXT, Row, Statement, of
from hubbub.persist.tables import chats, members, users, writes

Head = tuple[str, int, int, int, int, int]
"""(chat, head, ordinal, rights_version, visible, changed_at)"""
Cursor = tuple[str, str, int, int, int]
"""(chat, user, received, read, read_ordinal)"""
WRITE_COLUMNS = ("user", "msg_id", "digest", "reply", "chat", "seq", "ts", "extra")


def insert(connection: Connection, into: Table, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of `names`. Values are what JSON can carry (no bytes)."""
    if rows:
        of(connection).insert(connection, into, names, rows)


def recall(connection: Connection, keys: Sequence[tuple[str, str]]) -> Sequence[Row]:
    """The rows of `writes`, in WRITE_COLUMNS, under (user, msg_id), of those asked that there are."""
    return _RECALL.run(connection, keys)


def update_heads(connection: Connection, heads: Sequence[Head]) -> None:
    """Set what the journal counts of chats."""
    _HEADS.run(connection, heads)


def raise_cursors(connection: Connection, cursors: Sequence[Cursor]) -> None:
    """Raise members' cursors; another node may have raised them further. More messages lie before a later seq."""
    _CURSORS.run(connection, cursors)


def raise_last_seen(connection: Connection, seen: Sequence[tuple[str, int]]) -> None:
    """Keep when users were last connected (ms)."""
    _LAST_SEEN.run(connection, seen)


_RECALL = Statement(
    {"user": TEXT, "msg_id": TEXT},
    lambda given, _: select(*(writes.c[name] for name in WRITE_COLUMNS)).where(
        tuple_(writes.c.user, writes.c.msg_id).in_(select(given["user"], given["msg_id"]))
    ),
)
_HEADS = Statement(
    {"chat": TEXT}
    | dict.fromkeys(("head", "ordinal", "rights_version"), NUMBER)
    | {"visible": chats.c.visible.type, "changed_at": NUMBER},
    lambda given, _: (
        update(chats)
        .where(chats.c.id == given["chat"])
        .values({name: given[name] for name in given if name != "chat"})
    ),
)
_CURSORS = Statement(
    {"chat": TEXT, "user": TEXT, "received": NUMBER, "read": NUMBER, "read_ordinal": NUMBER},
    lambda given, dialect: (
        update(members)
        .where(and_(members.c.chat == given["chat"], members.c.user == given["user"]))
        .values(
            {
                name: dialect.greatest(members.c[name], given[name])
                for name in ("received", "read", "read_ordinal")
            }
        )
    ),
)
_LAST_SEEN = Statement(
    {"user": TEXT, "last_seen": NUMBER},
    lambda given, dialect: (
        update(users)
        .where(users.c.user == given["user"])
        .values(last_seen=dialect.greatest(func.coalesce(users.c.last_seen, 0), given["last_seen"]))
    ),
)
