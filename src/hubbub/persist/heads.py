"""Where the logs of lately changed chats end, for the comparison that finds a lost last entry (architecture §2)."""

from sqlalchemy import bindparam, select

from hubbub.persist.engine import Database
from hubbub.persist.tables import chats

_CHANGED = select(chats.c.id, chats.c.head).where(chats.c.changed_at >= bindparam("since"))


class Heads:
    """Reads heads from the primary."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changed(self, since: int) -> list[tuple[str, int]]:
        """(chat, head) of chats changed since `since` (ms). Raises the database's errors."""
        async with self._database.reading() as connection:
            rows = await connection.execute(_CHANGED, {"since": since})
            return [(chat, head) for chat, head in rows]
