"""Rooms as administrators treat them, without being members: found, looked into, given another owner, closed.

What they do stands in the log like any member's deed: `from` is the administrator, or `@operator`.
"""

from functools import partial

from hubbub.model.administration import (
    PAGE,
    AdministrationStore,
    Audit,
    BanList,
    Commit,
    RoomCard,
    RoomPage,
)
from hubbub.model.chats import ADMIN, GROUP, OWNER, RANK, Chat
from hubbub.model.draft import Draft
from hubbub.model.entries import MemberChanged
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.proposals import Decide, Proposal
from hubbub.model.replies import Done, MemberList, Reply
from hubbub.model.summaries import member_list
from hubbub.model.transcript import set_role

AT_A_TIME = (
    200  # members removed in one transaction, so that everybody else's messages wait for no longer than that
)


class RoomAdministration:
    """`desk` and `commit` are the node's: every node hears of it as of any other entry."""

    def __init__(self, store: AdministrationStore, desk: Desk, commit: Commit, audit: Audit) -> None:
        self._store = store
        self._desk = desk
        self._commit = commit
        self._audit = audit

    async def find(self, query: str, after: str) -> RoomPage:
        """A page of rooms, private ones too."""
        found = await self._store.rooms(query, after, PAGE + 1)
        return RoomPage(rooms=list(found[:PAGE]), more=len(found) > PAGE)

    async def show(self, chat: str) -> RoomCard:
        """One room. Refused: not_found."""
        found = await self._store.room(chat)
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such room.")
        return found

    async def members(self, chat: str, after: str, now: int) -> MemberList:
        """Who is in it, in the order of their names. Refused: not_found."""
        return await member_list(self._desk, await self._room(chat), after, PAGE, now)

    async def bans(self, chat: str) -> BanList:
        """Who may not come back. Refused: not_found."""
        await self.show(chat)
        return BanList(bans=list(await self._store.bans(chat)))

    async def set_owner(self, caller: Caller, chat: str, user: str, now: int) -> RoomCard:
        """Make a member the owner; those who were are admins from then on. Refused: not_found."""
        await self._propose(caller, chat, partial(_do_set_owner, caller.user, user))
        await self._audit(caller, "room owner", chat, now, user)
        return await self.show(chat)

    async def close(self, caller: Caller, chat: str, now: int) -> RoomCard:
        """Nobody is in it any more, nobody can find or join it; its log is kept. Refused: not_found."""
        room = await self._propose(caller, chat, partial(_do_close, caller.user))
        while room.members:
            await self._propose(caller, chat, partial(_do_close, caller.user))
        await self._audit(caller, "room close", chat, now)
        return await self.show(chat)

    async def _propose(self, caller: Caller, chat: str, decide: Decide) -> Chat:
        room = await self._room(chat)
        await self._commit(Proposal(user=caller.user, chat=chat, decide=decide))
        return room

    async def _room(self, chat: str) -> Chat:
        found = await self._desk.chats.load(chat)
        if found is None or found.msg_type != GROUP:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such room.")
        return found


def _do_set_owner(by: str, user: str, draft: Draft, _now: int) -> Reply:
    member = draft.member(user)
    if member is None:
        raise Refused(ErrorCode.NOT_FOUND, "This user is not in the room.")
    before = [(each, was) for each, was in draft.everybody() if was.role == OWNER and each != user]
    if member.role != OWNER:
        set_role(draft, by, user, member, OWNER)
    for each, was in before:
        set_role(draft, by, each, was, ADMIN)
    return Done(chat=draft.id, seq=draft.head, ts=draft.ts)


def _do_close(by: str, draft: Draft, _now: int) -> Reply:
    """The owners last, so that there is somebody in charge until the end."""
    draft.hide()
    going = sorted(draft.everybody(), key=lambda each: (RANK[each[1].role], each[0]))[:AT_A_TIME]
    for user, _ in going:
        draft.append(MemberChanged(chat=draft.id, sender=by, user=user, change="kicked"))
        draft.drop_member(user)
    return Done(chat=draft.id, seq=draft.head, ts=draft.ts)
