"""A database connection that lives in a thread of its own, so that the event loop never waits for a disk.

A statement is one hop to the thread and back, rows fetched; `run_sync` takes any number of statements there in one hop
(docs/adr/0006: an async driver makes three to four hops a statement, and each may have to wait for the interpreter).
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Engine, RowMapping
from sqlalchemy.sql import Executable

T = TypeVar("T")


class Rows:
    """What a statement gave, already read."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        """Every row."""
        return list(self._rows)

    def first(self) -> Any:  # noqa: ANN401 - a row, or None
        """The first row, or None."""
        return self._rows[0] if self._rows else None

    one_or_none = first

    def scalar(self) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalars(self) -> list[Any]:
        """The first column."""
        return [row[0] for row in self._rows]

    def mappings(self) -> list[RowMapping]:
        """Rows by column name."""
        return [row._mapping for row in self._rows]  # noqa: SLF001 - SQLAlchemy's documented name


class Lane:
    """One connection and its thread. It is opened when first used, and again after `throw_away`."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, name)
        self._connection: Connection | None = None
        self._closed = False

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""
        return self._engine.dialect

    async def run_sync(self, work: Callable[..., T], *arguments: object) -> T:
        """Run `work(connection, *arguments)` in the thread. A caller that is cancelled does not stop it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._run, work, arguments)

    def _run(self, work: Callable[..., T], arguments: tuple[object, ...]) -> T:
        if self._connection is None:
            self._connection = self._engine.connect()
        return work(self._connection, *arguments)

    async def execute(self, statement: Executable, parameters: Any = None) -> Rows:  # noqa: ANN401 - SQLAlchemy's
        """Run one statement and read what it gives."""
        return await self.run_sync(execute, statement, parameters)

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:  # noqa: ANN401
        """The first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(self, statement: Executable, parameters: Any = None) -> list[Any]:  # noqa: ANN401
        """The first column."""
        return (await self.execute(statement, parameters)).scalars()

    async def commit(self) -> None:
        """Make the transaction durable."""
        await self.run_sync(Connection.commit)

    async def rollback(self) -> None:
        """Undo the transaction, or end a reading one."""
        await self.run_sync(Connection.rollback)

    async def throw_away(self) -> None:
        """Close a connection in doubt; the next use opens another."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._throw_away)

    def _throw_away(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    async def close(self) -> None:
        """Close the connection and end the thread."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
            self._thread.shutdown(wait=False)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def execute(connection: Connection, statement: Executable, parameters: Any = None) -> Rows:  # noqa: ANN401
    """The same inside the thread."""
    result = connection.execute(statement, parameters)
    return Rows(result.fetchall() if result.returns_rows else (), result.rowcount)
