"""`/chats`: the caller's chats and cursors."""

from typing import Any

from litestar import Controller, Response, get, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from hubbub.accept.http.asking import Ask, authenticate, body_of
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.commands import Chats, MsgId, Read, Received, Seq
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.replies import ChatList, Summary


class Cursor(Struct, kw_only=True, forbid_unknown_fields=True):
    """How far the caller is; at least one of `received` and `read`. Cursors only rise."""

    received: Seq | None = None
    read: Seq | None = None
    msg_id: MsgId | None = None


class ChatsController(Controller):
    """Lists and summaries."""

    path = "/chats"
    tags = ("Chats",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get(responses=answers(ChatList))
    async def list_chats(self, ask: Ask, after: FromQuery[str | None] = None) -> Response[Any]:
        """One's chats, in the order of their ids; the next page begins `after` the last id."""
        return await ask.answer(Chats, after=after)

    @get("/{chat:str}", responses=answers(Summary))
    async def chat(self, ask: Ask, chat: FromPath[str]) -> Response[Any]:
        """One chat as the list shows it."""
        return Response(body_of(await ask.services.commands.summary(ask.caller, chat, ask.now)))

    @put("/{chat:str}/cursor", status_code=204, responses=answers(None, 204))
    async def move_cursor(self, ask: Ask, chat: FromPath[str], data: JSONBody[Cursor]) -> None:
        """Say what was received and read."""
        if data.received is None and data.read is None:
            raise Refused(ErrorCode.BAD_REQUEST, "Give received, read, or both.")
        msg_id = data.msg_id if data.received is None or data.read is None else None  # one id names one thing
        if data.received is not None:
            await ask.call(Received, chat=chat, seq=data.received, msg_id=msg_id)
        if data.read is not None:
            await ask.call(Read, chat=chat, seq=data.read, msg_id=msg_id)
