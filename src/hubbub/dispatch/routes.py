"""THE TABLE: every command, the use case that runs it, the right it needs, and what it costs.

A new command is a row here, a Struct in model/commands, a use case in execute, and a row in docs/protocol.md.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hubbub.execute import friends, history, messages, moderation, presence, profiles, receipts, rooms
from hubbub.model import commands as c
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ids import private_chat
from hubbub.model.rules import Check, Rights, check_member, check_speak

Ref = tuple[str, tuple[str, str] | None]
"""A chat id, and the two people where it may be a private chat without a row."""


class Route(NamedTuple):
    """`run(desk, caller, command, [chat,] now)` gives a Reply, a Proposal, None, or an awaitable of one of them.

    `chat` finds the chat the command is about; `right` is checked on it first. `limit` names the bucket it costs.
    """

    run: Callable[..., Any]
    limit: str = "requests"
    chat: Callable[[str, Any], Ref] | None = None
    right: Check | None = None


def _of_chat(_user: str, command: Any) -> Ref:  # noqa: ANN401 - any command with `chat`
    return command.chat, None


def _of_send(user: str, command: c.Send) -> Ref:
    if command.msg_type == "group":
        return command.to, None
    if command.to == user:
        raise Refused(ErrorCode.BAD_REQUEST, "That is you.")
    return private_chat(user, command.to), (user, command.to)


def _anyone(_chat: Rights, _user: str, _now: int) -> None:
    """The use case decides: whoever is outside may have a say too."""


def _on_chat(run: Callable[..., Any], right: Check = check_member, limit: str = "requests") -> Route:
    return Route(run, limit, _of_chat, right)


ROUTES: Mapping[type, Route] = {
    c.Send: Route(messages.send, "send", _of_send, check_speak),
    c.Edit: _on_chat(messages.edit, check_speak, "send"),
    c.Delete: _on_chat(messages.delete, check_member, "send"),
    c.React: _on_chat(messages.react, check_speak, "send"),
    c.Received: _on_chat(receipts.received),
    c.Read: _on_chat(receipts.read),
    c.History: _on_chat(history.page),
    c.Chats: Route(history.chats),
    c.CreateRoom: Route(rooms.create, "create_room"),
    c.Rooms: Route(rooms.find),
    c.Join: _on_chat(rooms.join, _anyone),
    c.Leave: _on_chat(rooms.leave, _anyone),
    c.Rename: _on_chat(rooms.rename),
    c.Invite: _on_chat(rooms.invite, check_member, "invite"),
    c.Kick: _on_chat(moderation.kick),
    c.Ban: _on_chat(moderation.ban),
    c.Unban: _on_chat(moderation.unban),
    c.Mute: _on_chat(moderation.mute),
    c.SetRole: _on_chat(moderation.set_role),
    c.Members: _on_chat(history.members),
    c.Befriend: Route(friends.befriend, "befriend"),
    c.Accept: Route(friends.accept),
    c.Decline: Route(friends.decline),
    c.Unfriend: Route(friends.unfriend),
    c.Block: Route(friends.block),
    c.Unblock: Route(friends.unblock),
    c.Friends: Route(friends.lists),
    c.Profile: Route(profiles.profile),
    c.Typing: _on_chat(presence.typing),
    c.Presence: Route(presence.ask),
    c.Ping: Route(presence.ping),
}
"""Every command but `hello`, which opens the conversation (dispatch/session)."""
