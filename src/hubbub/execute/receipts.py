"""How far a member's devices (`received`) and eyes (`read`) are: cursors that only rise."""

from collections.abc import Awaitable, Callable
from functools import partial

from hubbub.model.chats import Chat, Member
from hubbub.model.commands import Read, Received
from hubbub.model.draft import Draft
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.proposals import Proposal, propose
from hubbub.model.replies import Ok, Reply


def _member(chat: Chat, user: str, seq: int) -> Member:
    member = chat.member(user)
    if member is None:
        raise Refused(ErrorCode.NOT_FOUND)
    if seq > chat.head:
        raise Refused(ErrorCode.BAD_REQUEST, f"The chat ends at {chat.head}.")
    return member


def _is_ahead(desk: Desk, command: Received | Read, chat: Chat) -> bool:
    """Whether the client heard, from another node, of what this one has not heard of yet."""
    return command.seq > chat.head and desk.chats.outdated(chat.id)


def received(
    desk: Desk, caller: Caller, command: Received, chat: Chat, _now: int
) -> Reply | Proposal | Awaitable[Reply | Proposal]:
    """This user's devices have everything up to `seq`."""
    if _is_ahead(desk, command, chat):
        return _received_later(desk, caller, command, chat)
    return _received(desk, caller, command, chat)


async def _received_later(desk: Desk, caller: Caller, command: Received, chat: Chat) -> Reply | Proposal:
    return _received(desk, caller, command, await desk.chats.load(chat.id) or chat)


def _received(desk: Desk, caller: Caller, command: Received, chat: Chat) -> Reply | Proposal:
    member = _member(chat, caller.user, command.seq)

    def rise() -> None:
        if command.seq > member.received:
            member.received = command.seq
            desk.cursors.moved(chat, caller.user)

    return _once(caller, command, chat, rise)


async def read(desk: Desk, caller: Caller, command: Read, chat: Chat, _now: int) -> Reply | Proposal:
    """This user has read up to `seq`, and so received it."""
    if _is_ahead(desk, command, chat):
        chat = await desk.chats.load(chat.id) or chat
    member = _member(chat, caller.user, command.seq)
    at_head = command.seq == chat.head
    ordinal = (
        chat.ordinal
        if at_head or command.seq <= member.read
        else await desk.log.ordinal(chat.id, command.seq)
    )

    def rise() -> None:
        if command.seq > member.read:
            member.raise_to(command.seq, command.seq, ordinal)
            desk.cursors.moved(chat, caller.user)

    return _once(caller, command, chat, rise)


def _once(caller: Caller, command: Received | Read, chat: Chat, rise: Callable[[], None]) -> Reply | Proposal:
    """A cursor needs no journal to rise; but a `msg_id`, where one is given, names one thing for ever."""
    if command.msg_id is not None:
        return propose(caller.user, command, chat, partial(_do_rise, rise))
    rise()
    return Ok()


def _do_rise(rise: Callable[[], None], _draft: Draft, _now: int) -> Reply:
    rise()
    return Ok()
