"""A database connection as the rest of persist uses it: statements one after the other, rows already read.

On the embedded store a lane is a connection in a thread of its own, so that the event loop never waits for a disk; a
statement is one hop there and back, and `run_sync` takes any number of statements in one hop (docs/adr/0006). To a
database server it is a connection of SQLAlchemy's asyncio layer (docs/adr/0007). Both run the same plain functions.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
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


class Lane(ABC):
    """One connection."""

    @abstractmethod
    async def run_sync(self, work: Callable[..., T], *arguments: object) -> T:
        """Run `work(connection, *arguments)`, which makes its statements without awaiting anything."""

    @abstractmethod
    async def throw_away(self) -> None:
        """Close a connection in doubt."""

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


class ThreadLane(Lane):
    """A connection and its thread. It is opened when first used, and again after `throw_away`."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, name)
        self._connection: Connection | None = None
        self._closed = False

    async def run_sync(self, work: Callable[..., T], *arguments: object) -> T:
        """In the thread. A caller that is cancelled does not stop it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._run, work, arguments)

    def _run(self, work: Callable[..., T], arguments: tuple[object, ...]) -> T:
        if self._connection is None:
            self._connection = self._engine.connect()
        return work(self._connection, *arguments)

    async def throw_away(self) -> None:
        """Close it; the next use opens another."""
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


class PooledLane(Lane):
    """A connection that a pool lent. `patience`: seconds one `run_sync` may take; None: any time."""

    def __init__(self, connection: AsyncConnection, patience: float | None) -> None:
        self._connection = connection
        self._patience = patience

    async def run_sync(self, work: Callable[..., T], *arguments: object) -> T:
        """On the event loop; others run while the database is asked. Raises TimeoutError, and the connection is lost."""
        async with asyncio.timeout(self._patience):
            return await self._connection.run_sync(work, *arguments)

    async def throw_away(self) -> None:
        """The pool opens another when it needs one."""
        await self._connection.invalidate()


def execute(connection: Connection, statement: Executable, parameters: Any = None) -> Rows:  # noqa: ANN401
    """The same inside `run_sync`."""
    result = connection.execute(statement, parameters)
    return Rows(result.fetchall() if result.returns_rows else (), result.rowcount)
