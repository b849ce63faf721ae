"""What line mode says about what happens. Pure: events in, coloured lines out."""

from collections.abc import Mapping
from zlib import crc32

from rich.text import Text

from hubbub_client.errors import RequestRefused
from hubbub_client.events import CaughtUp, Deleted, Edited, Friend, Member, Message, Reacted, StateChanged
from hubbub_client.terminal.safe_text import cut, harmless
from hubbub_client.terminal.wording import change_words

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
QUOTE_MAX = 40


def shown(text: str) -> str:
    """Text of somebody else, harmless to a terminal; further lines are indented."""
    return harmless(text).replace("\n", "\n      ")


def name(user: str) -> Text:
    """A user's handle in its colour."""
    return Text(shown(user), style=f"bold {COLOURS[crc32(user.encode()) % len(COLOURS)]}")


def quote(message: Message) -> str:
    """The beginning of a message, on one line."""
    return cut(message.content or "(deleted)", QUOTE_MAX)


def message_line(when: str, where: str, message: Message, me: str, answered: Message | None) -> Text:
    """`12:01 lobby #4 alice: hello ✓`; the tick says that the server has it for good."""
    line = Text.assemble(
        (f"{when} ", "dim"), (where, "bold"), (f" #{message.seq} ", "dim"), name(message.sender), ": "
    )
    if message.reply_to is not None:
        quoted = "" if answered is None else f" {shown(answered.sender)}: {quote(answered)}"
        line.append(f"(reply to #{message.reply_to}{quoted}) ", "italic dim")
    if message.deleted or message.content is None:
        line.append("(deleted)", "italic dim")
    else:
        line.append(shown(message.content))
    line.append(_marks(message), "dim")
    return line.append(" ✓", "green") if message.sender == me else line


def _marks(message: Message) -> str:
    edited = " (edited)" if message.edited and not message.deleted else ""
    return edited + "".join(f" [{shown(emoji)} {each.count}]" for emoji, each in message.reactions.items())


def change_line(when: str, where: str, entry: Edited | Deleted | Reacted, message: Message) -> Text:
    """An edit, a deletion or a reaction, named by the message it changed."""
    line = Text.assemble(
        (f"{when} ", "dim"), (where, "bold"), (f" #{entry.target} ", "dim"), name(entry.sender)
    )
    match entry:
        case Edited():
            return line.append(f" edited: {shown(entry.content or '(deleted)')}")
        case Deleted():
            return line.append(f" deleted a message of {shown(message.sender)}", "dim")
        case Reacted(on=True):
            return line.append(
                f" reacted {shown(entry.emoji)} to {shown(message.sender)}: {quote(message)}", "dim"
            )
    return line.append(f" took {shown(entry.emoji)} back", "dim")


def member_line(when: str, where: str, entry: Member, now_ms: int) -> Text:
    """Somebody came, went, was muted or got a role."""
    what, by, after = change_words(entry, now_ms)
    line = Text.assemble((f"{when} ", "dim"), (where, "bold"), " ", name(entry.user), (f" {what}", "dim"))
    if by is not None:
        line.append(" ").append(name(by))
    return line.append(after, "dim")


def friend_line(push: Friend) -> Text:
    """A friendship began, ended or is asked for, with the command that answers."""
    user = shown(push.user)
    match push.change:
        case "requested":
            tail = f" wants to be your friend.  Type: /accept {user}   or   /decline {user}"
        case "accepted":
            tail = f" and you are friends now.  Type: /open @{user}"
        case _:
            tail = " and you are not friends any longer."
    return Text.assemble("* ", name(push.user), tail)


def state_line(state: StateChanged, *, had_one: bool) -> Text | None:
    """The connection's state in a person's words; `had_one`: there was a connection before."""
    if state.status == "connected":
        return Text("* connected again, fetching what was missed …", "green") if had_one else None
    if state.status == "connecting":
        return None
    reason = shown(state.reason)
    if state.retry_in_s is None:
        return Text(f"* not connected: {reason}. /connect tries again, /quit leaves.", "red")
    again = f"again in {state.retry_in_s:.1f} s"
    if state.attempt <= 1 and had_one:
        return Text(f"* connection lost ({reason}), {again}. You can go on typing.", "yellow")
    return Text(f"* no connection ({reason}), attempt {state.attempt}, {again}", "yellow")


def caught_up_line(event: CaughtUp, *, first: bool) -> Text | None:
    """What a reconnection brought; nothing at a start where nothing had happened."""
    if not event.complete:
        text = "* back, but the server was restored from a backup: what you see may differ; /history shows what it holds."
        return Text(text, "yellow")
    if first:
        return (
            Text(f"* caught up: {_entries(event.entries)} while you were away.", "green")
            if event.entries
            else None
        )
    missed = f" ({_entries(event.entries)} meanwhile)" if event.entries else ""
    return Text(f"* back, nothing lost{missed}.", "green")


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


_REFUSALS: Mapping[str, str] = {
    "not_friends": "You are not friends yet: /friend USER asks, and they have to accept.",
    "not_a_member": "You are not in that room: /rooms lists public ones, /join NAME enters.",
    "not_found": "There is no such thing, or you may not see it. /chats lists what is yours, /rooms public rooms.",
    "forbidden": "Your role does not allow that; /members shows who may.",
    "muted": "You are muted here. Wait, or ask an admin; /members shows who is one.",
    "banned": "You are banned here.",
    "blocked": "You blocked this user: /unblock USER takes it back.",
    "conflict": "That is taken already.",
    "too_long": "That is too long: make it shorter.",
    "unavailable": "The server cannot do that now. Nothing was changed; try again in a moment.",
    "internal": "The server had an error. Nothing was changed; try again.",
}


def refusal_line(refused: RequestRefused) -> Text:
    """A refusal and what to do."""
    advice = _REFUSALS.get(refused.code)
    if refused.code == "rate_limited":
        seconds = (refused.retry_after_ms or 1000) / 1000
        advice = (
            f"That was too fast: try again in {seconds:.0f} s."
            if seconds >= 1
            else "That was too fast: try again."
        )
    detail = shown(refused.message)
    return Text(
        f"! {advice or detail or refused.advice}" + (f" ({detail})" if advice and detail else ""), "red"
    )
