"""How far a member's devices (`received`) and eyes (`read`) are: cursors that only rise."""

from hubbub.model.chats import Chat, Member
from hubbub.model.commands import Read, Received
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.replies import Ok, Reply


def _member(chat: Chat, user: str, seq: int) -> Member:
    member = chat.member(user)
    if member is None:
        raise Refused(ErrorCode.NOT_FOUND)
    if seq > chat.head:
        raise Refused(ErrorCode.BAD_REQUEST, f"The chat ends at {chat.head}.")
    return member


def received(desk: Desk, caller: Caller, command: Received, chat: Chat, _now: int) -> Reply:
    """This user's devices have everything up to `seq`."""
    member = _member(chat, caller.user, command.seq)
    if command.seq > member.received:
        member.received = command.seq
        desk.cursors.moved(chat, caller.user)
    return Ok()


async def read(desk: Desk, caller: Caller, command: Read, chat: Chat, _now: int) -> Reply:
    """This user has read up to `seq`, and so received it."""
    member = _member(chat, caller.user, command.seq)
    if command.seq <= member.read:
        return Ok()
    at_head = command.seq == chat.head
    ordinal = chat.ordinal if at_head else await desk.log.ordinal(chat.id, command.seq)
    if command.seq > member.read:
        member.read, member.read_ordinal = command.seq, ordinal
        member.received = max(member.received, command.seq)
        desk.cursors.moved(chat, caller.user)
    return Ok()
