"""The lines around a transcript: where one is, how the connection is, who types. Pure."""

from typing import NamedTuple

from hubbub_client.closing import SESSION_REVOKED
from hubbub_client.events import Status
from hubbub_client.terminal.desk.chat import Chat
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.safe_text import one_line
from hubbub_client.terminal.wording import clock

TYPISTS_MAX = 3


class Banner(NamedTuple):
    """What is wrong with the connection. `final`: nobody tries any longer; `log_in`: only that helps."""

    text: str
    final: bool = False
    log_in: bool = False


def banner(desk: Desk, now_ms: int) -> Banner | None:
    """The truth about the connection; none while there is nothing to say."""
    state = desk.state
    if state.status is Status.CONNECTED:
        return None
    kept = f" {_messages(desk.waiting)} kept, sent once on return." if desk.waiting else ""
    if state.status is Status.CONNECTING:
        return Banner(("Connecting again …" if desk.was_connected else "Connecting …") + kept)
    reason = one_line(state.reason) or "not connected"
    if desk.retry_at_ms is None:
        return Banner(
            f"Not connected: {reason}.{kept}",
            final=True,
            log_in="log in" in reason or state.code == SESSION_REVOKED,
        )
    seconds = max(0, -(-(desk.retry_at_ms - now_ms) // 1000))
    lost = "Connection lost" if desk.was_connected else "No connection"
    return Banner(f"{lost} ({reason}): again in {seconds} s.{kept or ' You can go on writing.'}")


def title(desk: Desk, chat: Chat | None, now_ms: int) -> tuple[str, str]:
    """The open chat's name, and what there is to know of it."""
    if chat is None:
        return "Hubbub", ""
    if chat.peer is not None:
        return f"@{one_line(chat.peer)}", _presence(desk, chat.peer, now_ms)
    parts = ["public room" if chat.summary.public else "private room"]
    if chat.members is not None:
        count = len(chat.members)
        parts.append(f"{count} {'member' if count == 1 else 'members'}")
    if chat.role in ("owner", "admin"):
        parts.append(f"you are {chat.role}")
    return f"# {one_line(chat.summary.name)}", " · ".join(parts)


def _presence(desk: Desk, user: str, now_ms: int) -> str:
    if user in desk.people.blocked:
        return "blocked by you"
    presence = desk.people.presence.get(user)
    if presence is None:
        return ""
    if presence.online:
        return "online"
    return "offline" if presence.last_seen is None else f"last seen {clock(presence.last_seen, now_ms)}"


def typing_line(chat: Chat | None, now_ms: int) -> str:
    """Who types."""
    typists = [] if chat is None else [one_line(user) for user in chat.typists(now_ms)]
    if not typists:
        return ""
    if len(typists) > TYPISTS_MAX:
        return f"{len(typists)} people are typing …"
    verb = "is" if len(typists) == 1 else "are"
    return f"{', '.join(typists)} {verb} typing …"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
