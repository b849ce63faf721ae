"""From the journal to the hub here and to the other nodes: the only place that publishes.

What is committed goes out straight from memory; what a crash left PENDING in the outbox is announced by its range, and
whoever listens reads it from the log.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from hubbub.model.entries import MemberChanged
from hubbub.model.news import EVERYBODY, Appended, Came, News, Reached, RightsMoved, Told, of_chat, of_user
from hubbub.model.proposals import Committed
from hubbub.runtime.tracing import NO_TRACES, Traces, follow

Range = tuple[str, int, int]
Say = Callable[[str, News], None]
LEFT_BEHIND_MS = 1_000


class Rows(Protocol):
    """The outbox: persist/outbox."""

    def sent(self, ranges: Sequence[Range]) -> None: ...
    async def flush(self) -> None: ...
    async def left_behind(self, before: int) -> list[Range]: ...


class Relay:
    """`here` is the hub of this node; `hint(chat, head)` tells it that a chat's log reaches at least `head`.

    `say` tells the other nodes (publish/telling), where there are any.
    """

    def __init__(
        self,
        here: Callable[[Sequence[Committed]], None],
        rows: Rows,
        hint: Callable[[str, int], None],
        say: Say | None = None,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._here = here
        self._rows = rows
        self._hint = hint
        self._say = say
        self._traces = traces

    def publish(self, committed: Sequence[Committed]) -> None:
        """Pass a committed batch on and note its rows as sent."""
        self._here(committed)
        if self._say is not None:
            for each in committed:
                each.traces = follow(self._traces, "bus", each.traces, None, chat=each.chat.id)
                for topic, news in news_of(each):
                    self._say(topic, news)
        self._rows.sent(
            [(each.chat.id, each.entries[0].seq, each.entries[-1].seq) for each in committed if each.entries]
        )

    async def recover(self, now: int) -> int:
        """Mark what was sent, then send what was left behind; how many ranges that were. Raises database errors."""
        await self._rows.flush()
        left = await self._rows.left_behind(now - LEFT_BEHIND_MS)
        for chat, _, last in left:
            self._hint(chat, last)
            if self._say is not None:
                self._say(of_chat(chat), Reached(chat, last))
        self._rows.sent(left)
        return len(left)


def news_of(committed: Committed) -> Iterator[tuple[str, News]]:
    """What a commit is to other nodes. Moved rights come first: nobody is told what memory there would refuse."""
    chat = committed.chat
    if committed.rights:
        yield EVERYBODY, RightsMoved(chat.id, chat.rights_version)
    if committed.shown:
        for user in chat.people or ():
            yield of_user(user), Came(chat.id, user, chat.head - len(committed.entries))
    for entry in committed.entries:
        if type(entry) is MemberChanged and entry.change == "joined":
            yield of_user(entry.user), Came(chat.id, entry.user, entry.seq - 1)
    if committed.entries:
        entries, rights = list(committed.entries), chat.rights_version
        appended = Appended(chat.id, rights, entries, committed.accepted, committed.traces)
        yield of_chat(chat.id), appended
    for user, push in committed.notices:
        yield of_user(user), Told(user, push)
