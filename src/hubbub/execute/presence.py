"""Who is there, and who is typing."""

from hubbub.model.chats import PRIVATE, Chat
from hubbub.model.commands import Ping, Presence, Typing
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.replies import Pong, PresenceList, PresenceListing
from hubbub.model.rules import check_pair


async def ask(desk: Desk, caller: Caller, command: Presence, _now: int) -> PresenceList:
    """What the caller may know: friends and fellow members of small chats. Let go, everybody is a stranger."""
    if not desk.offered.is_on("presence"):
        unknown = [PresenceListing(user=user, online=False, last_seen=None) for user in command.users]
        return PresenceList(presences=unknown)
    return PresenceList(presences=await desk.presence.listing(caller.user, command.users))


def typing(desk: Desk, caller: Caller, command: Typing, chat: Chat, now: int) -> None:
    """Tell the others; crowds are not told, and nobody while it is let go."""
    if not desk.offered.is_on("typing"):
        return
    if chat.msg_type == PRIVATE:
        check_pair(chat, caller.user)
    desk.typing.say(chat, caller.user, on=command.on, now=now)


def ping(_desk: Desk, _caller: Caller, _command: Ping, _now: int) -> Pong:
    """Here."""
    return Pong()
