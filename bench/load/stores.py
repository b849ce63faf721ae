"""Where a bench's server keeps its data: the embedded store, or a PostgreSQL of its own that flushes at every commit."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.service import running
from hubbub.persist.engine import DATABASE_FILE, database_url
from load.rows import messages_per_second, messages_per_second_to

STORES = ("sqlite", "postgresql")
COUNT = "SELECT count(*) FROM entries"


class Store(Protocol):
    """`url`: the database, empty; `settings`: what the server is told of it."""

    name: str
    url: str
    settings: Mapping[str, str]

    def stored(self) -> int:
        """Messages in it."""

    def reference(self, batch: int, rooms: int, content: str, seconds: float) -> float:
        """Messages a second that its own driver stores with so many in a transaction, nothing else around."""


class Embedded:
    """SQLite in the server's data folder."""

    name = "SQLite WAL, synchronous=FULL"

    def __init__(self, data: Path) -> None:
        self._data = data
        self.url = database_url("", str(data)).render_as_string()
        self.settings: Mapping[str, str] = {}

    def stored(self) -> int:
        """Messages in it."""
        with closing(sqlite3.connect(self._data / DATABASE_FILE)) as connection:
            return int(connection.execute(COUNT).fetchone()[0])

    def reference(self, batch: int, rooms: int, content: str, seconds: float) -> float:
        """Bare sqlite3."""
        return messages_per_second(self._data.with_name("reference"), batch, rooms, content, seconds)


class OnServer:
    """A database of a PostgreSQL on this machine."""

    name = "PostgreSQL, every commit flushed"

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.url = server.make_database()
        self.settings: Mapping[str, str] = {"HUBBUB_DATABASE_URL": self.url}

    def stored(self) -> int:
        """Messages in it."""
        return int(self._server.sql(COUNT, self.url.rpartition("/")[2]))

    def reference(self, batch: int, rooms: int, content: str, seconds: float) -> float:
        """Bare asyncpg."""
        return messages_per_second_to(self._server.make_database(), batch, rooms, content, seconds)


@contextmanager
def store(kind: str, data: Path) -> Iterator[Store]:
    """An empty store of one of STORES, thrown away at the end."""
    if kind == "sqlite":
        yield Embedded(data)
        return
    with running(Postgres()) as server:
        yield OnServer(server)
