"""Everything of one user, to be given to them: model.administration.ArchiveStore. Their messages are found by `writes`."""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, select

from hubbub.model.administration import ArchivedChat, ArchivedEdit, ArchivedMessage, ArchivedReaction
from hubbub.persist.batch import SENT_REPLY
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.tables import avatars, chats, edits, entries, members, reactions, writes


class StoredArchive:
    """Reads what the tables hold of a user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unavailable_when_down
    async def picture(self, user: str) -> str | None:
        """The picture as a data URL, if it lies here."""
        query = select(avatars.c.media_type, avatars.c.data).where(avatars.c.user == user)
        async with self._database.reading() as lane:
            row = (await lane.execute(query)).first()
        return None if row is None else f"data:{row[0]};base64,{b64encode(row[1]).decode()}"

    @unavailable_when_down
    async def chats(self, user: str) -> Sequence[ArchivedChat]:
        """The user's chats with how far they have received and read, in the order of their ids."""
        peer = case((chats.c.one == user, chats.c.other), else_=chats.c.one)
        query = (
            select(
                chats.c.id.label("chat"), chats.c.msg_type, chats.c.name, peer.label("peer"), members.c.role,
                members.c.since, members.c.received, members.c.read,
            )
            .join(members, members.c.chat == chats.c.id)
            .where(members.c.user == user)
            .order_by(chats.c.id)
        )  # fmt: skip
        async with self._database.reading() as lane:
            return [ArchivedChat(**row) for row in (await lane.execute(query)).mappings()]

    @unavailable_when_down
    async def reactions(self, user: str) -> Sequence[ArchivedReaction]:
        """Reactions the user gave. Looks at every reaction there is."""
        query = select(reactions.c.chat, reactions.c.seq, reactions.c.emoji).where(reactions.c.user == user)
        async with self._database.reading() as lane:
            rows = await lane.execute(query.order_by(reactions.c.chat, reactions.c.seq))
            return [ArchivedReaction(**row) for row in rows.mappings()]

    @unavailable_when_down
    async def messages(self, user: str, after: str, limit: int) -> Sequence[ArchivedMessage]:
        """Messages of the user in the order of their `msg_id`s, behind `after`; each with what it said before."""
        query = (
            select(*_MESSAGE)
            .join(entries, and_(entries.c.chat == writes.c.chat, entries.c.seq == writes.c.seq))
            .where(writes.c.user == user, writes.c.reply == SENT_REPLY, writes.c.msg_id > after)
            .order_by(writes.c.msg_id)
            .limit(limit)
        )
        async with self._database.reading() as lane:
            rows = (await lane.execute(query)).mappings()
            made = await _edits(lane, [(row["chat"], row["seq"]) for row in rows])
        return [ArchivedMessage(**row, edits=made[row["chat"], row["seq"]]) for row in rows]


_MESSAGE: tuple[Any, ...] = (
    entries.c.chat, entries.c.seq, entries.c.ts, writes.c.msg_id, entries.c.content,
    entries.c.target.label("reply_to"), entries.c.deleted,
)  # fmt: skip


async def _edits(
    lane: Lane, messages: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], list[ArchivedEdit]]:
    found: dict[tuple[str, int], list[ArchivedEdit]] = defaultdict(list)
    by_chat: dict[str, list[int]] = defaultdict(list)
    for chat, seq in messages:
        by_chat[chat].append(seq)
    for chat, seqs in by_chat.items():
        query = (
            select(edits.c.target, entries.c.seq, entries.c.ts, entries.c.content)
            .join(entries, and_(entries.c.chat == edits.c.chat, entries.c.seq == edits.c.seq))
            .where(edits.c.chat == chat, edits.c.target.in_(seqs))
            .order_by(edits.c.target, edits.c.seq)
        )
        for target, seq, ts, content in await lane.execute(query):
            found[chat, target].append(ArchivedEdit(seq=seq, ts=ts, content=content))
    return found
