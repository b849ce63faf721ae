"""After a COMMIT whose connection died: whether the batch is stored, asked on another connection (docs/protocol.md §3.6).

Other nodes write too, so a higher head proves nothing: what the batch itself stored is looked for. The transaction in
doubt may still be ending, so its head rows are locked first, and a chat it was to make is made once more: both wait for it.
"""

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.exc import IntegrityError

from hubbub.model.draft import Draft
from hubbub.model.effects import ChatMade
from hubbub.persist import bulk, effects
from hubbub.persist.batch import Batch, lock
from hubbub.persist.chats import ChatStore
from hubbub.persist.engine import Database
from hubbub.persist.lane import Lane
from hubbub.persist.rows import COLUMNS, Row, row_of
from hubbub.persist.tables import entries


class NeverStoredError(Exception):
    """Leaves the transaction that made a chat only to see whether it could."""


async def is_stored(database: Database, store: ChatStore, batch: Batch) -> bool:
    """Whether the batch was committed. Raises the database's errors."""
    made = [effect for draft in batch.changed for effect in draft.effects if type(effect) is ChatMade]
    if made and await _can_be_made(database, made):
        return False
    async with database.writing() as lane:
        await lane.run_sync(lock, [draft.id for draft in batch.changed])
        return await _has_witness(lane, store, batch)


async def _can_be_made(database: Database, made: list[ChatMade]) -> bool:
    async def work(lane: Lane) -> None:
        await lane.run_sync(effects.store, made, 0)
        raise NeverStoredError

    try:
        await database.transact(work)
    except NeverStoredError:
        return True
    except IntegrityError:
        pass
    return False


async def _has_witness(lane: Lane, store: ChatStore, batch: Batch) -> bool:
    """One row that only this batch can have written, or the state it made where it wrote none."""
    if batch.remembered:
        row = batch.remembered[0]
        return tuple(row) in {tuple(each) for each in await lane.run_sync(bulk.recall, [row[:2]])}
    with_entries = [draft for draft in batch.changed if draft.entries]
    if with_entries:
        return await lane.run_sync(_has_entry, with_entries[0])
    draft = batch.changed[0]
    found = (await lane.run_sync(store.fetch, [draft.id], {})).get(draft.id)
    return found is not None and (found.pair, found.visible) == (draft.pair, draft.visible)


def _has_entry(connection: Connection, draft: Draft) -> bool:
    wanted: Row = row_of(draft.entries[0], draft.ordinals[0])
    key = tuple_(entries.c.chat, entries.c.seq) == tuple_(*wanted[:2])
    found = connection.execute(select(*(entries.c[name] for name in COLUMNS)).where(key)).first()
    return found is not None and tuple(found)[:_LASTING] == wanted[:_LASTING]


_LASTING = COLUMNS.index("content")  # from there on later entries change a message's row
