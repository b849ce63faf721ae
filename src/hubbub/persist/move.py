"""A grown server moves: every row of one store into another, of whatever kind, in the order of the keys.

Keys compare byte by byte in every database, so the last key in the target says where a copy that was interrupted goes on.
Until both sides are found equal, table by table, the target carries a mark with which no server starts on it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.engine import URL

from hubbub.persist.clock import DatabaseClock
from hubbub.persist.engine import Database, folder_of
from hubbub.persist.hold import hold
from hubbub.persist.lane import Lane
from hubbub.persist.migrate import EPOCH, MOVING, check_tables, migrate
from hubbub.persist.nodes import PREFIX, serving
from hubbub.persist.pages import TABLES, Checksum, Progress, checksum, named, pages
from hubbub.persist.pool import Pool
from hubbub.persist.tables import meta


class MoveRefusedError(Exception):
    """Nothing was copied, or what was copied is not the same; the message says why and what to do."""


async def move(source: URL, target: URL, progress: Progress) -> dict[str, Checksum]:
    """Copy, compare, and open the target for serving; (rows, checksum) of each table. Raises MoveRefusedError."""
    async with opened(source) as here, opened(target) as there:
        await _check_idle(here)
        async with here.reading() as lane:
            await lane.run_sync(check_tables)
            epoch = await _meta(lane, EPOCH)
        if epoch is None:
            raise MoveRefusedError("The source was never served: there is nothing to move.")
        found = await transfer(here, there, epoch, epoch, progress)
        await _check_idle(here)
        return found


async def transfer(
    here: Database, there: Database, mark: str, epoch: str, progress: Progress
) -> dict[str, Checksum]:
    """Copy what `here` holds into `there`, compare, and open it for serving as a log of `epoch`.

    `mark` names the source while the copy is not finished, so that it goes on where it was interrupted.
    """
    await migrate(there)
    await _claim(there, mark)
    for table in TABLES:
        await _copy(here, there, table, progress)
    found = {table.name: await _compare(here, there, table, progress) for table in TABLES}
    await there.transact(partial(_open, epoch))
    return found


async def count(url: URL) -> int:
    """How many rows there are to move."""
    async with opened(url) as database, database.reading() as lane:
        await lane.run_sync(check_tables)
        return sum([await lane.scalar(select(func.count()).select_from(table)) for table in TABLES])


@asynccontextmanager
async def opened(url: URL) -> AsyncIterator[Database]:
    """A store that nobody else serves meanwhile. Raises OSError."""
    async with AsyncExitStack() as stack:
        database = Database(url, Pool(statement_seconds=0))
        if database.is_embedded:
            stack.enter_context(hold(folder_of(url)))
        stack.push_async_callback(database.close)
        yield database


async def _check_idle(database: Database) -> None:
    if database.is_embedded:
        return  # it is held
    clock = DatabaseClock(database)
    await clock.measure()
    nodes = await serving(database, clock())
    if nodes:
        raise MoveRefusedError(
            f"The source is served by {', '.join(nodes)}: stop it; what was killed counts as gone after 20 s."
        )


async def _meta(lane: Lane, key: str) -> str | None:
    found: str | None = await lane.scalar(select(meta.c.value).where(meta.c.key == key))
    return found


async def _claim(there: Database, mark: str) -> None:
    """Mark the target as this source's copy. Raises MoveRefusedError if it holds anything else."""
    await _check_idle(there)

    async def work(lane: Lane) -> None:
        if await _meta(lane, MOVING) == mark:
            return
        for table in TABLES:
            if await lane.scalar(select(func.count()).select_from(table)):
                raise MoveRefusedError(
                    f"The target is not empty (table {table.name}), and no half-done copy of this."
                )
        await lane.execute(delete(meta))
        await lane.execute(insert(meta).values(key=MOVING, value=mark))

    await there.transact(work)


async def _open(epoch: str, lane: Lane) -> None:
    """With the epoch of the source the same log goes on: clients' cursors stay good."""
    await lane.execute(delete(meta).where(meta.c.key.in_([MOVING, EPOCH]) | meta.c.key.startswith(PREFIX)))
    await lane.execute(insert(meta).values(key=EPOCH, value=epoch))


async def _copy(here: Database, there: Database, table: Table, progress: Progress) -> None:
    keys = list(table.primary_key.columns)
    async with there.reading() as lane:
        done = await lane.scalar(select(func.count()).select_from(table))
        last = (await lane.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1))).first()
    progress(f"copy {table.name}", done)
    async for page in pages(here.reading, table, last):
        rows = named(table, page)
        await there.transact(lambda lane, rows=rows: lane.execute(insert(table), rows))  # type: ignore[misc]
        progress(f"copy {table.name}", len(page))


async def _compare(here: Database, there: Database, table: Table, progress: Progress) -> Checksum:
    """(rows, checksum) of a table, which are the same on both sides. Raises MoveRefusedError."""
    mine = await checksum(here.reading, table, lambda rows: progress(f"compare {table.name}", rows))
    theirs = await checksum(there.reading, table, lambda rows: progress(f"compare {table.name}", rows))
    if mine != theirs:
        raise MoveRefusedError(
            f"Table {table.name} differs: {mine} here, {theirs} there. Was the source served meanwhile? "
            "Empty the target and begin again."
        )
    return mine
