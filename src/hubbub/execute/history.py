"""What was said before, and the list of chats."""

from hubbub.model.chats import Chat
from hubbub.model.commands import Chats, History, Members
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.replies import Page, Reply
from hubbub.model.summaries import ENVELOPE, chat_list, fitting, member_list

LATEST = 2**53


async def page(desk: Desk, caller: Caller, command: History, chat: Chat, _now: int) -> Reply:
    """Entries before or after a seq, else the newest; `more` where there are others in that direction."""
    if command.before is not None and command.after is not None:
        raise Refused(ErrorCode.BAD_REQUEST, "Give `before` or `after`, not both.")
    limit = min(command.limit, desk.bounds.history_page)
    room = desk.bounds.reply_bytes - ENVELOPE
    if command.after is not None:
        found = await desk.log.after(chat.id, command.after, limit + 1, caller.user, read_only=True)
        kept = fitting(desk, found[:limit], room)
    else:
        before = LATEST if command.before is None else command.before
        found = await desk.log.before(chat.id, before, limit + 1, caller.user, read_only=True)
        kept = fitting(desk, found[::-1][:limit], room)[::-1]
    return Page(chat=chat.id, entries=list(kept), more=len(kept) < len(found))


async def chats(desk: Desk, caller: Caller, command: Chats, _now: int) -> Reply:
    """Summaries of the caller's chats, in the order of their ids."""
    after = command.after or ""
    mine = [chat for chat in await desk.chats.of_user(caller.user) if chat.id > after]
    return await chat_list(desk, caller.user, mine)


async def members(desk: Desk, _caller: Caller, command: Members, chat: Chat, now: int) -> Reply:
    """Who is in a chat, in the order of their names."""
    return await member_list(desk, chat, command.after or "", command.limit, now)
