"""`/friends` and `/blocks`: who may write to whom."""

from typing import Any

from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from hubbub.accept.http.asking import Ask, Retry, authenticate
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.commands import (
    Accept,
    Befriend,
    Block,
    Decline,
    Friends,
    MsgId,
    Unblock,
    Unfriend,
)
from hubbub.model.replies import FriendLists


class NewFriend(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who is asked."""

    user: str
    msg_id: MsgId | None = None


class FriendsController(Controller):
    """Friends and requests."""

    path = "/friends"
    tags = ("Friends",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get(responses=answers(FriendLists))
    async def list_friends(self, ask: Ask) -> Response[Any]:
        """Friends, requests and blocks of the caller."""
        return await ask.answer(Friends)

    @post(status_code=204, responses=answers(None, 204))
    async def befriend(self, ask: Ask, data: JSONBody[NewFriend]) -> None:
        """Ask somebody to be a friend."""
        await ask.call(Befriend, user=data.user, msg_id=data.msg_id)

    @post("/{user:str}/accept", status_code=204, responses=answers(None, 204))
    async def accept(self, ask: Ask, user: FromPath[str], data: JSONBody[Retry | None] = None) -> None:
        """Say yes to a request."""
        await ask.call(Accept, user=user, msg_id=data.msg_id if data else None)

    @post("/{user:str}/decline", status_code=204, responses=answers(None, 204))
    async def decline(self, ask: Ask, user: FromPath[str], data: JSONBody[Retry | None] = None) -> None:
        """Say no to a request."""
        await ask.call(Decline, user=user, msg_id=data.msg_id if data else None)

    @delete("/{user:str}", responses=answers(None, 204))
    async def unfriend(self, ask: Ask, user: FromPath[str]) -> None:
        """End a friendship, or take back one's request."""
        await ask.call(Unfriend, user=user)


class BlocksController(Controller):
    """Blocks."""

    path = "/blocks/{user:str}"
    tags = ("Friends",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @put(status_code=204, responses=answers(None, 204))
    async def block(self, ask: Ask, user: FromPath[str], data: JSONBody[Retry | None] = None) -> None:
        """Hear nothing from a user any more, in private."""
        await ask.call(Block, user=user, msg_id=data.msg_id if data else None)

    @delete(responses=answers(None, 204))
    async def unblock(self, ask: Ask, user: FromPath[str]) -> None:
        """End a block."""
        await ask.call(Unblock, user=user)
