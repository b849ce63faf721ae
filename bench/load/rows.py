"""The reference of bench/ingest: the rows a message makes, through bare sqlite3 in one thread, nothing else around."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from hubbub.persist.engine import DATABASE_FILE, database_url
from hubbub.persist.migrate import upgrade

INSERTS = (
    """INSERT INTO entries (chat, seq, kind, ts, ordinal, sender, msg_id, content, deleted)
       VALUES (:chat, :seq, 1, :now, :seq, :user, :msg_id, :content, FALSE)""",
    "INSERT INTO outbox (chat, seq, state, created_at) VALUES (:chat, :seq, 0, :now)",
    """INSERT INTO writes ("user", msg_id, digest, reply, chat, seq, ts)
       VALUES (:user, :msg_id, :digest, 1, :chat, :seq, :now)""",
)
Row = dict[str, object]


def messages_per_second(data: Path, batch: int, rooms: int, content: str, seconds: float) -> float:
    """Messages a second with `batch` of them in a transaction, WAL and `synchronous=FULL` as the server has it."""
    data.mkdir()
    upgrade(database_url("", str(data)).render_as_string())
    connection = sqlite3.connect(data / DATABASE_FILE, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    stored, begun = 0, time.perf_counter()
    while (passed := time.perf_counter() - begun) < seconds:
        _store(connection, [_row(stored + place, rooms, content) for place in range(batch)])
        stored += batch
    connection.close()
    return stored / passed


def messages_per_second_to(url: str, batch: int, rooms: int, content: str, seconds: float) -> float:
    """The same to a database server, through its driver: a transaction of three statements, each for all rows."""
    upgrade(url)
    return asyncio.run(_messages_per_second_to(url, batch, rooms, content, seconds))


async def _messages_per_second_to(url: str, batch: int, rooms: int, content: str, seconds: float) -> float:
    connection = await asyncpg.connect(url)
    stored, begun = 0, time.perf_counter()
    while (passed := time.perf_counter() - begun) < seconds:
        some = [_row(stored + place, rooms, content) for place in range(batch)]
        async with connection.transaction():
            for insert in INSERTS:
                names = list(dict.fromkeys(re.findall(r":(\w+)", insert)))
                numbered = re.sub(
                    r":(\w+)", lambda found, names=names: f"${names.index(found[1]) + 1}", insert
                )
                await connection.executemany(numbered, [[row[name] for name in names] for row in some])
        stored += batch
    await connection.close()
    return stored / passed


def _row(number: int, rooms: int, content: str) -> Row:
    return {"chat": f"r{number % rooms:019}", "seq": number // rooms + 1, "now": 1_700_000_000_000 + number,
            "user": f"u{number % 1000:06}", "msg_id": f"m{number:012}", "content": content,
            "digest": f"{number:032x}"}  # fmt: skip


def _store(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for insert in INSERTS:
        connection.executemany(insert, rows)
    connection.execute("COMMIT")
