"""Whole tables, a page of rows at a time in the order of their keys, and what tells whether two of them are the same."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, and_, or_, select

from hubbub.persist.lane import Lane
from hubbub.persist.tables import meta, metadata

PAGE = 1_000  # rows read, and written in one transaction, at a time
TABLES = [table for table in metadata.sorted_tables if table is not meta]

Reading = Callable[[], AbstractAsyncContextManager[Lane]]
"""How a page is read: each on a connection of its own, or all in one transaction, which sees one state."""
Progress = Callable[[str, int], None]
"""Told of a step's name and how many rows it has taken further."""
Checksum = tuple[int, str]
"""(rows, digest of them all in the order of their keys): equal in every kind of database."""

_encode = msgspec.msgpack.Encoder().encode


async def pages(reading: Reading, table: Table, last: Any = None) -> AsyncIterator[Sequence[Any]]:  # noqa: ANN401 - a row
    """The rows behind the key `last`, or all."""
    keys = list(table.primary_key.columns)
    places = [list(table.c).index(key) for key in keys]
    while True:
        query = select(table).order_by(*keys).limit(PAGE)
        async with reading() as lane:
            page = (await lane.execute(query if last is None else query.where(_after(keys, last)))).all()
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = [page[-1][place] for place in places]


def _after(keys: Sequence[ColumnElement[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Rows behind `last` in the order of the keys, said so that every database finds the place by its index."""
    steps = [
        and_(*(key == value for key, value in zip(keys[:at], last, strict=False)), keys[at] > last[at])
        for at in range(len(keys))
    ]
    return and_(keys[0] >= last[0], or_(*steps))


def named(table: Table, page: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows as they are inserted into the same table elsewhere."""
    return [dict(zip(table.c.keys(), row, strict=True)) for row in page]


async def checksum(reading: Reading, table: Table, progress: Callable[[int], None]) -> Checksum:
    """Read a whole table."""
    digest = Digest()
    async for page in pages(reading, table):
        digest.add(page)
        progress(len(page))
    return digest.checksum


class Digest:
    """A checksum that grows with the pages it is given."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)
        self._rows = 0

    def add(self, page: Sequence[Any]) -> None:
        """The next rows."""
        for row in page:
            self._digest.update(_encode(tuple(row)))
        self._rows += len(page)

    @property
    def checksum(self) -> Checksum:
        """Of all that was added."""
        return self._rows, self._digest.hexdigest()
