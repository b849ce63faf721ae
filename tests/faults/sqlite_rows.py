"""The database file as it is, read with sqlite3 alone from a copy."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hubbub.operate.proof.stored_log import Row

DATABASE = "hubbub.db"


@contextmanager
def opened(data: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the database with its log of late writes (WAL), as a crash left them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in (DATABASE, f"{DATABASE}-wal"):
            if (data / name).exists():
                shutil.copy(data / name, folder)
        with closing(sqlite3.connect(Path(folder) / DATABASE)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection


class SqliteRows:
    """The tables of the database file in a data folder, read from one copy of it."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __call__(self, *tables: str) -> list[list[Row]]:
        """The rows of tables by column name. Raises AssertionError if SQLite finds the file damaged."""
        with opened(self._data) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            return [list(connection.execute(f"SELECT * FROM {table}")) for table in tables]
