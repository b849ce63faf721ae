"""A database that fails when a test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import OperationalError

from hubbub.persist.engine import Database
from hubbub.persist.lane import Lane


def outage() -> OperationalError:
    return OperationalError("COMMIT", {}, Exception("the connection is gone"))


class TornConnection:
    """A connection whose next COMMIT fails, before or after it was carried out."""

    def __init__(self, connection: Lane, database: "TornDatabase") -> None:
        self._connection = connection
        self._database = database

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it has
        return getattr(self._connection, name)

    async def commit(self) -> None:
        stored, self._database.next_commit = self._database.next_commit, None
        if stored is None:
            await self._connection.commit()
            return
        self._database.torn += 1
        self._database.down = self._database.stays_down
        if stored:
            await self._connection.commit()
        raise outage()


class TornDatabase(Database):
    """`next_commit`: None works, True is carried out and fails, False fails. `down`: nothing can be written."""

    next_commit: bool | None = None
    stays_down = False
    down = False
    torn = 0

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Lane]:
        if self.down:
            raise outage()
        async with super().writing() as connection:
            yield TornConnection(connection, self)  # type: ignore[misc]
