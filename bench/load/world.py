"""Thousands of users, rooms and memberships in an empty database, within seconds: rows in bulk, no server yet."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert

from hubbub.codec.access_tokens import mint
from hubbub.model.chats import GROUP, MEMBER, OWNER
from hubbub.persist.engine import DATABASE_FILE, Database, database_url
from hubbub.persist.migrate import upgrade
from hubbub.persist.tables import chats, members, users

SECRET = "known-to-the-benches-and-to-nobody-else"
TOKEN_LIFE_MS = 3_600_000
CHUNK = 5_000  # rows of one executemany
Row = dict[str, Any]


@dataclass(frozen=True)
class Room:
    """A room and the numbers of its members; the first one owns it."""

    id: str
    people: Sequence[int]


def user_name(number: int) -> str:
    """The handle of user `number`; all of the same length."""
    return f"u{number:06}"


def room_id(number: int) -> str:
    """As long as the ids the server makes."""
    return f"r{number:019}"


def rooms_of(people: int, rooms: int, members: int) -> list[Room]:
    """Every user in `rooms` rooms of about `members`; the first users meet all of them."""
    count = max(rooms, people * rooms // members)
    found: list[list[int]] = [[] for _ in range(count)]
    for number in range(people):
        for place in range(rooms):
            found[(number * rooms + place) % count].append(number)
    return [Room(room_id(each), those) for each, those in enumerate(found)]


def token_of(number: int) -> str:
    """An access token the server believes without a look at its database."""
    now = time.time_ns() // 1_000_000
    return mint(user_name(number), f"s-bench-{number}", now, TOKEN_LIFE_MS, SECRET.encode())[0]


def build(data: Path, people: int, rooms: Sequence[Room], url: str = "") -> None:
    """A migrated database in `data`, or at `url`, with users 0 … `people`-1 and these rooms, all of them empty of messages."""
    data.mkdir(parents=True, exist_ok=True)
    url = url or database_url("", str(data)).render_as_string()
    upgrade(url)
    asyncio.run(_fill(url, people, rooms))


async def _fill(url: str, people: int, rooms: Sequence[Room]) -> None:
    database = Database(database_url(url))
    async with database.writing() as lane:
        await lane.run_sync(_insert_all, people, rooms)
    await database.close()


def _insert_all(connection: Connection, people: int, rooms: Sequence[Room]) -> None:
    now = time.time_ns() // 1_000_000
    _insert(connection, users, (_user(number, now) for number in range(people)))
    _insert(connection, chats, (_chat(room, now) for room in rooms))
    _insert(connection, members, (row for room in rooms for row in _members(room)))


def talk(data: Path, rooms: Sequence[str], messages: int, told: Callable[[int], None]) -> None:
    """So many messages of user 0 in each room, as if they had been sent; `told` hears how many rooms are full.

    Rows are made inside SQLite, on a file that no server has opened: some microseconds each.
    """
    connection = sqlite3.connect(data / DATABASE_FILE, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-262144")
    for place, room in enumerate(rooms):
        given = {
            "room": room,
            "count": messages,
            "now": time.time_ns() // 1_000_000 - messages,
            "user": user_name(0),
        }
        connection.execute("BEGIN")
        for statement in (
            _ENTRIES,
            _WRITES,
            "UPDATE chats SET head = :count, ordinal = :count WHERE id = :room",
        ):
            connection.execute(statement, given)
        connection.execute("COMMIT")
        told(place + 1)
    connection.close()


_COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
_MSG_ID = "printf('%s-%08d', :room, i)"
_ENTRIES = f"""INSERT INTO entries (chat, seq, kind, ts, ordinal, sender, msg_id, content, deleted)
    {_COUNTED} SELECT :room, i, 1, :now + i, i, :user, {_MSG_ID}, 'Shall we meet at the bridge at seven?', 0 FROM n"""
_WRITES = f"""INSERT INTO writes (user, msg_id, digest, reply, chat, seq, ts)
    {_COUNTED} SELECT :user, {_MSG_ID}, printf('%032x', i), 1, :room, i, :now + i FROM n"""


def _insert(connection: Connection, table: Table, rows: Iterator[Row]) -> None:
    while some := list(islice(rows, CHUNK)):
        connection.execute(insert(table), some)


def _user(number: int, now: int) -> Row:
    return {"user": user_name(number), "display_name": f"User {number}", "created_at": now}


def _chat(room: Room, now: int) -> Row:
    return {
        "id": room.id, "msg_type": GROUP, "name": f"Room {room.id}", "public": False, "visible": True,
        "created_at": now, "head": 0, "ordinal": 0, "rights_version": 1, "changed_at": now,
    }  # fmt: skip


def _members(room: Room) -> Iterator[Row]:
    for place, number in enumerate(room.people):
        yield {
            "chat": room.id, "user": user_name(number), "role": MEMBER if place else OWNER, "muted_until": 0,
            "since": place, "received": 0, "read": 0, "read_ordinal": 0,
        }  # fmt: skip
