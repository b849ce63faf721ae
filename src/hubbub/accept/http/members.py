"""`/rooms/{chat}/members` and `/bans`: who is in a room, and who may be."""

from typing import Annotated, Any

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from hubbub.accept.http.asking import Ask, Retry, authenticate
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.commands import (
    Ban,
    Invite,
    Join,
    Kick,
    Leave,
    Members,
    Millis,
    MsgId,
    Mute,
    Role,
    SetRole,
    Unban,
)
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.replies import Done, MemberList


class NewMember(Struct, kw_only=True, forbid_unknown_fields=True):
    """Without `user`: the caller joins; with it, that friend is made a member."""

    user: str | None = None
    msg_id: MsgId | None = None


class MemberChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """Either a `role`, or `muted_until` (ms since the epoch; 0 ends it): each makes an entry of its own."""

    role: Role | None = None
    muted_until: Millis | None = None
    msg_id: MsgId | None = None


class MembersController(Controller):
    """Members of a room."""

    path = "/rooms/{chat:str}/members"
    tags = ("Members",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get(responses=answers(MemberList))
    async def list_members(
        self,
        ask: Ask,
        chat: FromPath[str],
        after: FromQuery[str | None] = None,
        limit: Annotated[int | None, QueryParameter(ge=1, le=300, description="100 if left out")] = None,
    ) -> Response[Any]:
        """Members in the order of their names; the next page begins `after` the last name."""
        return await ask.answer(Members, chat=chat, after=after, limit=limit)

    @post(responses=answers(Done, 201))
    async def add_member(
        self, ask: Ask, chat: FromPath[str], data: JSONBody[NewMember | None] = None
    ) -> Response[Any]:
        """Join a public room, or invite a friend."""
        new = data or NewMember()
        if new.user is None or new.user == ask.identity.user:
            return await ask.answer(Join, 201, chat=chat, msg_id=new.msg_id)
        return await ask.answer(Invite, 201, chat=chat, user=new.user, msg_id=new.msg_id)

    @patch("/{user:str}", responses=answers(Done))
    async def change_member(
        self,
        ask: Ask,
        chat: FromPath[str],
        user: FromPath[str],
        data: JSONBody[MemberChange],
    ) -> Response[Any]:
        """Give another role, or take a voice."""
        if (data.role is None) == (data.muted_until is None):
            raise Refused(ErrorCode.BAD_REQUEST, "Give either role or muted_until; they are two changes.")
        if data.role is not None:
            return await ask.answer(SetRole, chat=chat, user=user, role=data.role, msg_id=data.msg_id)
        return await ask.answer(Mute, chat=chat, user=user, until=data.muted_until, msg_id=data.msg_id)

    @delete("/{user:str}", status_code=200, responses=answers(Done))
    async def remove_member(self, ask: Ask, chat: FromPath[str], user: FromPath[str]) -> Response[Any]:
        """Leave (one's own name), or kick."""
        if user == ask.identity.user:
            return await ask.answer(Leave, chat=chat)
        return await ask.answer(Kick, chat=chat, user=user)


class BansController(Controller):
    """Who may not come back."""

    path = "/rooms/{chat:str}/bans/{user:str}"
    tags = ("Members",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @put(responses=answers(Done))
    async def ban(
        self,
        ask: Ask,
        chat: FromPath[str],
        user: FromPath[str],
        data: JSONBody[Retry | None] = None,
    ) -> Response[Any]:
        """Remove a user for good."""
        return await ask.answer(Ban, chat=chat, user=user, msg_id=data.msg_id if data else None)

    @delete(status_code=200, responses=answers(Done))
    async def unban(self, ask: Ask, chat: FromPath[str], user: FromPath[str]) -> Response[Any]:
        """Let a banned user come back."""
        return await ask.answer(Unban, chat=chat, user=user)
