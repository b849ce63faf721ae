"""Where a bench's server keeps its data: the embedded store, or a PostgreSQL of the bench's own that flushes at every commit."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from hubbub.operate.cluster.postgres import Postgres
from hubbub.operate.cluster.service import running
from hubbub.persist.engine import DATABASE_FILE, database_url
from load.rows import messages_per_second, messages_per_second_to
from load.server import children

STORES = {"sqlite": "SQLite WAL, synchronous=FULL", "postgresql": "PostgreSQL, every commit flushed"}
COUNT = "SELECT count(*) FROM entries"


class Store(Protocol):
    """`url`: the database, empty; `settings`: what the server is told of it."""

    url: str
    settings: Mapping[str, str]

    def stored(self) -> int:
        """Messages in it."""

    def processes(self) -> Sequence[int]:
        """Those of the database's own."""

    def reference(self, batch: int, rooms: int, content: str, seconds: float) -> float:
        """Messages a second that its own driver stores with so many in a transaction, nothing else around."""


class Embedded:
    """SQLite in the server's data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.url = database_url("", str(data)).render_as_string()
        self.settings: Mapping[str, str] = {}

    def stored(self) -> int:
        """Messages in it."""
        with closing(sqlite3.connect(self._data / DATABASE_FILE)) as connection:
            return int(connection.execute(COUNT).fetchone()[0])

    def processes(self) -> Sequence[int]:
        """None: it runs within the server."""
        return ()

    def reference(self, batch: int, rooms: int, content: str, seconds: float) -> float:
        """Bare sqlite3."""
        return messages_per_second(self._data.with_name("reference"), batch, rooms, content, seconds)


class OnServer:
    """A database of a PostgreSQL on this machine."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.url = server.make_database()
        self.settings: Mapping[str, str] = {"HUBBUB_DATABASE_URL": self.url}

    def stored(self) -> int:
        """Messages in it."""
        return int(self._server.sql(COUNT, self.url.rpartition("/")[2]))

    def processes(self) -> Sequence[int]:
        """It and one for each connection."""
        return [self._server.pid, *children(self._server.pid)]

    def reference(self, batch: int, rooms: int, content: str, seconds: float) -> float:
        """Bare asyncpg."""
        return messages_per_second_to(self._server.make_database(), batch, rooms, content, seconds)


@contextmanager
def stores(kind: str) -> Iterator[Callable[[Path], Store]]:
    """What makes an empty store of one of STORES for the server in a folder; a PostgreSQL is thrown away at the end."""
    if kind == "sqlite":
        yield Embedded
        return
    with running(Postgres()) as server:
        yield lambda _data: OnServer(server)
