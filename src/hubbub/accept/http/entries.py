"""`/chats/{chat}/entries` and `/direct/{user}/entries`: what is said."""

from typing import Annotated, Any

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from hubbub.accept.http.asking import Ask, Asking, Retry, authenticate
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.chats import GROUP, PRIVATE
from hubbub.model.commands import Delete, Edit, History, MsgId, React, Send, Seq, Target
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ids import PRIVATE_PREFIX
from hubbub.model.replies import Done, Page, Sent


class NewEntry(Struct, kw_only=True, forbid_unknown_fields=True):
    """A message. The same `msg_id` names the same message for ever; `reply_to` is the seq of another."""

    content: str
    msg_id: MsgId
    reply_to: Target | None = None


class NewContent(Struct, kw_only=True, forbid_unknown_fields=True):
    """What the message says from now on."""

    content: str
    msg_id: MsgId | None = None


class EntriesController(Controller):
    """The log of one chat."""

    path = "/chats/{chat:str}/entries"
    tags = ("Entries",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get(responses=answers(Page))
    async def history(
        self,
        ask: Ask,
        chat: FromPath[str],
        before: FromQuery[Seq | None] = None,
        after: FromQuery[Seq | None] = None,
        limit: Annotated[int | None, QueryParameter(ge=1, le=300, description="50 if left out")] = None,
        min_head: Annotated[
            Seq | None,
            QueryParameter(
                description="Answer `unavailable` rather than from a copy that ends before this seq."
            ),
        ] = None,
    ) -> Response[Any]:
        """Entries in rising seq: `before` or `after` a seq (exclusive), else the newest."""
        if min_head is not None:
            await _check_head(ask, chat, min_head)
        return await ask.answer(History, chat=chat, before=before, after=after, limit=limit)

    @post(responses=answers(Sent, 201, also=200))
    async def send(self, ask: Ask, chat: FromPath[str], data: JSONBody[NewEntry]) -> Response[Any]:
        """Say something. Durable when answered; a retry with the same `msg_id` is 200 with the same `seq`."""
        if chat.startswith(PRIVATE_PREFIX):
            summary = await ask.services.commands.summary(ask.caller, chat, ask.now)
            return await _send(ask, PRIVATE, summary.peer or "", data)
        return await _send(ask, GROUP, chat, data)

    @patch("/{seq:int}", responses=answers(Done))
    async def edit(
        self,
        ask: Ask,
        chat: FromPath[str],
        seq: FromPath[int],
        data: JSONBody[NewContent],
    ) -> Response[Any]:
        """New content for one's own message."""
        _check_seq(seq)
        return await ask.answer(Edit, chat=chat, seq=seq, content=data.content, msg_id=data.msg_id)

    @delete("/{seq:int}", status_code=200, responses=answers(Done))
    async def erase(self, ask: Ask, chat: FromPath[str], seq: FromPath[int]) -> Response[Any]:
        """Erase a message everywhere."""
        _check_seq(seq)
        return await ask.answer(Delete, chat=chat, seq=seq)

    @put("/{seq:int}/reactions/{emoji:str}", responses=answers(Done))
    async def react(
        self,
        ask: Ask,
        chat: FromPath[str],
        seq: FromPath[int],
        emoji: FromPath[str],
        data: JSONBody[Retry | None] = None,
    ) -> Response[Any]:
        """Put a reaction."""
        _check_seq(seq)
        msg_id = data.msg_id if data else None
        return await ask.answer(React, chat=chat, seq=seq, emoji=emoji, on=True, msg_id=msg_id)

    @delete("/{seq:int}/reactions/{emoji:str}", status_code=200, responses=answers(Done))
    async def take_back(
        self, ask: Ask, chat: FromPath[str], seq: FromPath[int], emoji: FromPath[str]
    ) -> Response[Any]:
        """Take a reaction back."""
        _check_seq(seq)
        return await ask.answer(React, chat=chat, seq=seq, emoji=emoji, on=False)


class DirectController(Controller):
    """Writing to a person."""

    path = "/direct/{user:str}/entries"
    tags = ("Entries",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @post(responses=answers(Sent, 201, also=200))
    async def send_direct(self, ask: Ask, user: FromPath[str], data: JSONBody[NewEntry]) -> Response[Any]:
        """Say something to a person; the answer names the chat."""
        return await _send(ask, PRIVATE, user, data)


async def _send(ask: Asking, msg_type: str, to: str, data: NewEntry) -> Response[Any]:
    return await ask.answer(
        Send, 201, msg_type=msg_type, to=to, content=data.content, msg_id=data.msg_id, reply_to=data.reply_to
    )


async def _check_head(ask: Asking, chat: str, min_head: int) -> None:
    summary = await ask.services.commands.summary(ask.caller, chat, ask.now)
    if summary.head < min_head:
        raise Refused(
            ErrorCode.UNAVAILABLE, f"This server has not seen seq {min_head} of the chat yet; retry."
        )


def _check_seq(seq: int) -> None:
    """A number that cannot be a seq names nothing."""
    if not 1 <= seq <= 2**53:
        raise Refused(ErrorCode.NOT_FOUND)
