"""Everything of one user as one JSON document, written piece by piece: it may be longer than memory is large."""

from collections.abc import AsyncIterator

import msgspec

from hubbub.model.administration import AdministrationStore, ArchiveStore, Audit, Export, Relations
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import People
from hubbub.model.sessions import SessionStore, listing

AT_A_TIME = 500  # messages read and written at a time

_encode = msgspec.json.Encoder().encode


class Exports:
    """Profile, picture, friends, sessions, chats with receipts, reactions, and every message with its edits."""

    def __init__(
        self,
        users: AdministrationStore,
        store: ArchiveStore,
        people: People,
        sessions: SessionStore,
        audit: Audit,
    ) -> None:
        self._users = users
        self._store = store
        self._people = people
        self._sessions = sessions
        self._audit = audit

    async def export(self, caller: Caller, user: str, now: int) -> AsyncIterator[bytes]:
        """The document's pieces; what can be refused is, before the first. Refused: not_found."""
        card = await self._users.user(user)
        if card is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
        await self._audit(caller, "export", user, now)
        known = await self._people.relations(user)
        head = Export(
            made_at=now,
            user=card,
            picture=await self._store.picture(user),
            relations=Relations(
                friends=known.friends,
                incoming=known.incoming,
                outgoing=known.outgoing,
                blocked=known.blocked,
            ),
            sessions=[listing(each, "") for each in await self._sessions.of_user(user, now)],
            chats=list(await self._store.chats(user)),
            reactions=list(await self._store.reactions(user)),
            messages=[],
        )
        return self._pieces(user, head)

    async def _pieces(self, user: str, head: Export) -> AsyncIterator[bytes]:
        yield _encode(head).removesuffix(b"]}")
        after, before = "", b"\n"
        while page := await self._store.messages(user, after, AT_A_TIME):
            for message in page:
                yield before + _encode(message)
                before = b",\n"
            after = page[-1].msg_id
        yield b"]}\n"
