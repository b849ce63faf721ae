"""What both faces of the terminal say in the same words. Pure."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from hubbub_client.errors import HubbubError, RequestRefused, Stopped
from hubbub_client.events import Member
from hubbub_client.terminal.safe_text import one_line
from hubbub_client.wire.entries import Summary


def label(summary: Summary | None, chat: str) -> str:
    """How a chat is called: a room by its name, a private chat by @user."""
    if summary is None:
        return one_line(chat)
    return f"@{one_line(summary.peer)}" if summary.peer else one_line(summary.name)


def clock(ts: int, now_ms: int, zone: tzinfo | None = None) -> str:
    """The time of day, with the date if it is not today's. Others may name times that no calendar has."""
    try:
        then = datetime.fromtimestamp(ts / 1000, zone)
    except (ValueError, OverflowError, OSError):
        return "a far day"
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    return then.strftime("%H:%M" if then.date() == today else "%Y-%m-%d %H:%M")


_CHANGES: Mapping[str, tuple[str, str]] = {
    "joined": ("joined", "was brought in by"),
    "left": ("left", "left because of"),
    "kicked": ("went", "was removed by"),
    "banned": ("was banned", "was banned by"),
    "unbanned": ("may come back", "may come back, says"),
    "muted": ("was muted", "was muted by"),
    "unmuted": ("may speak again", "may speak again, says"),
    "role": ("has another role", "got another role from"),
}


def change_words(entry: Member, now_ms: int) -> tuple[str, str | None, str]:
    """Between `user` and `sender`: what happened; who did it if it was another; and what follows."""
    muted = entry.change == "muted"
    over = muted and (entry.until or 0) <= now_ms
    alone, by = _CHANGES.get("unmuted" if over else entry.change, (entry.change, f"{entry.change}, by"))
    after = f" until {clock(entry.until or 0, now_ms)}" if muted and not over else ""
    role = f": {entry.role}" if entry.change == "role" and entry.role else ""
    if entry.sender == entry.user:
        return alone, None, after + role
    return by, entry.sender, after + role


def trouble(error: HubbubError) -> str:
    """What went wrong, and what to do, in one line."""
    match error:
        case RequestRefused(code="rate_limited"):
            return f"That was too fast: try again{_in(error.retry_after_ms)}."
        case RequestRefused():
            detail = one_line(error.message)
            return error.advice[0].upper() + error.advice[1:] + (f" ({detail})" if detail else "") + "."
        case Stopped():
            return f"Not connected: {one_line(error.reason)}."
    return f"{one_line(str(error))}."


def _in(milliseconds: int | None) -> str:
    seconds = -(-(milliseconds or 0) // 1000)
    return f" in {seconds} s" if seconds else ""
