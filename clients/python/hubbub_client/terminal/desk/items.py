"""What a transcript shows, from top to bottom: days, people, messages, notices, what is on its way. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from hubbub_client.events import Member, Message
from hubbub_client.terminal.desk.chat import Chat, Fate, Pending
from hubbub_client.terminal.desk.log import Shown
from hubbub_client.terminal.safe_text import one_line
from hubbub_client.terminal.wording import change_words, clock

TOGETHER_MS = 5 * 60_000
"""Messages of one person this close together stand under one name."""

Key = tuple[str, int | str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across: a day, the beginning, or where what is new begins (`fresh`)."""

    key: Key
    text: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message. `named`: its author and time stand above it; `fate`: of one's own, how far it has come.

    `newest_read`: of those that were read, this is the last one, and says so in words.
    """

    key: Key
    message: Message
    time: str
    named: bool
    mine: bool
    fate: Fate | None = None
    newest_read: bool = False
    answered: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message of one's own that the server does not have yet."""

    key: Key
    content: str
    named: bool
    sender: str
    time: str
    offline: bool
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody came, went, was muted; the room got another name."""

    key: Key
    text: str


Item = Rule | Said | Waiting | Notice


def items(
    chat: Chat, me: str, now_ms: int, *, blocked: frozenset[str], online: bool, zone: tzinfo | None = None
) -> list[Item]:
    """Everything that is here of a chat."""
    return list(_Reader(chat, me, now_ms, blocked, online, zone).read())


class _Reader:
    """Goes through a chat once, and remembers what stood above."""

    def __init__(
        self, chat: Chat, me: str, now_ms: int, blocked: frozenset[str], online: bool, zone: tzinfo | None
    ) -> None:
        self._chat, self._me, self._now, self._blocked = chat, me, now_ms, blocked
        self._online, self._zone = online, zone
        self._day: date | None = None
        self._above: tuple[str, int] | None = None
        self._fresh_due = chat.new_after is not None
        self._newest_read = self._find_newest_read()

    def read(self) -> Iterator[Item]:
        if self._chat.log.whole:
            yield Rule(("top", 0), f"the beginning of {self._chat.label}")
        elif len(self._chat.log):
            yield Notice(("top", 0), "PgUp: earlier messages")
        for shown in self._chat.log:
            yield from self._one(shown)
        for pending in self._chat.pending:
            yield self._waiting(pending)

    def _one(self, shown: Shown) -> Iterator[Item]:
        yield from self._new_day(shown)
        if isinstance(shown, Message):
            if self._fresh_due and shown.sender != self._me and shown.seq > (self._chat.new_after or 0):
                self._fresh_due, self._above = False, None
                yield Rule(("new", 0), "new messages", fresh=True)
            yield self._message(shown)
            return
        self._above = None
        yield Notice(("entry", shown.seq), self._notice(shown))

    def _new_day(self, shown: Shown) -> Iterator[Item]:
        day = datetime.fromtimestamp(shown.ts / 1000, self._zone).date()
        if day != self._day:
            self._day, self._above = day, None
            yield Rule(("day", day.isoformat()), _day_name(day, self._now, self._zone))

    def _message(self, message: Message) -> Item:
        if message.sender in self._blocked:
            self._above = None
            return Notice(("entry", message.seq), "a message of somebody you blocked")
        mine = message.sender == self._me
        answered = self._chat.log.message(message.reply_to)
        return Said(
            key=("entry", message.seq),
            message=message,
            time=_time(message.ts, self._zone),
            named=self._named(message.sender, message.ts) or message.reply_to is not None,
            mine=mine,
            fate=self._chat.fate(message.seq) if mine else None,
            newest_read=message.seq == self._newest_read,
            answered=self._quote(message, answered),
        )

    def _find_newest_read(self) -> int | None:
        mine = [each.seq for each in self._chat.log if isinstance(each, Message) and each.sender == self._me]
        return next((seq for seq in reversed(mine) if self._chat.fate(seq) is Fate.READ), None)

    def _quote(self, message: Message, answered: Message | None) -> tuple[str, str] | None:
        if message.reply_to is None:
            return None
        if answered is None:
            return "", f"message #{message.reply_to}"
        if answered.sender in self._blocked:
            return "", "a message of somebody you blocked"
        return one_line(answered.sender), one_line(answered.content or "deleted")

    def _waiting(self, pending: Pending) -> Waiting:
        named = self._named(self._me, pending.ts)
        time = _time(pending.ts, self._zone)
        return Waiting(
            ("pending", pending.msg_id),
            pending.content,
            named,
            self._me,
            time,
            not self._online,
            pending.trouble,
        )

    def _named(self, sender: str, ts: int) -> bool:
        above, self._above = self._above, (sender, ts)
        return above is None or above[0] != sender or ts - above[1] > TOGETHER_MS

    def _notice(self, shown: Shown) -> str:
        if isinstance(shown, Member):
            what, by, after = change_words(shown, self._now)
            name = f" {one_line(by)}" if by is not None else ""
            return f"{one_line(shown.user)} {what}{name}{after}"
        return f"{one_line(shown.sender)} called this room {one_line(getattr(shown, 'name', ''))}"


def _time(ts: int, zone: tzinfo | None) -> str:
    return clock(ts, ts, zone)


def _day_name(day: date, now_ms: int, zone: tzinfo | None) -> str:
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    named = {0: "today", 1: "yesterday"}.get((today - day).days)
    written = day.strftime("%A, %-d %B") + ("" if day.year == today.year else f" {day.year}")
    return f"{named}, {written}" if named else written
