"""From what the server pushes to what the application sees: every chat in order, without holes, across connections.

A summary says what a chat is at its head. An entry up to there is history, though it is news to the application: who was
removed and taken back while away is a member, and has the role and the room the name that the summary says.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from hubbub_client.backoff import wait_s
from hubbub_client.clock import Clock
from hubbub_client.errors import HubbubError, RequestRefused
from hubbub_client.events import (
    CaughtUp,
    ChatAdded,
    ChatGone,
    Entry,
    Friend,
    ListsChanged,
    Member,
    Presence,
    ProfileChanged,
    Receipt,
    Renamed,
    Reset,
    Typing,
)
from hubbub_client.inbox import Inbox, Position, Sort
from hubbub_client.sequence import Action, Fetch, PassOn, Sequencer, StartAnew
from hubbub_client.store import Saved, Store
from hubbub_client.tasks import Tasks
from hubbub_client.wire.entries import Summary
from hubbub_client.wire.pushes import ChatVisible, Push, Resync
from hubbub_client.wire.replies import Chats, Page, Welcome

FETCHES_MAX = 4
"""Pages of history asked for at a time: enough to hide the round trip, few enough to leave the server to others."""

_NOT_OURS = frozenset({"not_found", "not_a_member", "forbidden", "banned"})
_REMOVALS = frozenset({"left", "kicked", "banned"})


class Flow:
    """The chats of one user: positions, names, and the way of entries into the inbox."""

    def __init__(
        self,
        saved: Saved,
        store: Store,
        inbox: Inbox,
        clock: Clock,
        history: Callable[[str, int], Awaitable[Page]],
        chats: Callable[[str | None], Awaitable[Chats]],
    ) -> None:
        """`history` asks for the entries after a seq, `chats` for the summaries after a chat."""
        self.epoch = saved.epoch
        self.known: dict[str, Summary] = {}
        self.user = saved.user
        self._store = store
        self._inbox = inbox
        self._clock = clock
        self._history = history
        self._chats = chats
        self._order = Sequencer(saved.cursors)
        self._tasks = Tasks()
        self._slots = asyncio.Semaphore(FETCHES_MAX)
        self._put_off: deque[Fetch] = deque()
        self._goals: dict[str, int] = {}
        self._heads: dict[str, int] = {}
        self._unlisted_head = 0
        self._listed: set[str] = set()
        self._listing = asyncio.Lock()
        self._told_anew: dict[str, Position] = {}
        self._missed = 0
        self._catching_up = False
        self._complete = True
        self._greeted = False

    def cursors(self) -> dict[str, int]:
        """Where to resume: what the application was given, or has waiting in its inbox."""
        return self._order.cursors()

    @property
    def greeted(self) -> bool:
        """This process has seen the list of chats."""
        return self._greeted

    # What the server says

    def welcomed(self, welcome: Welcome) -> None:
        """A conversation begins: chats that went, chats that came, and how much was missed."""
        resuming, self._catching_up = bool(self._order.cursors()), False
        if welcome.epoch != self.epoch:
            self._start_epoch(welcome.epoch)
        self.user = welcome.user
        for chat in welcome.gone:
            self._forget(chat)
        held = self._order.cursors()
        self._heads.clear()
        self._unlisted_head = sys.maxsize if welcome.more else 0
        self._goals = {
            summary.chat: summary.head
            for summary in welcome.chats
            if held.get(summary.chat, summary.head) < summary.head
        }
        self._missed = sum(head - held[chat] for chat, head in self._goals.items())
        for summary in welcome.chats:
            self._learn(summary, follow=False)
        self._greeted = True
        self._catching_up = resuming
        self._check_goals()
        if welcome.more:
            after = welcome.chats[-1].chat if welcome.chats else None
            self._tasks.spawn(self._ask_chats(after), "hubbub chats")

    def heard(self, word: Push | Entry) -> None:
        """A push arrived."""
        match word:
            case Entry():
                full = self._inbox.full
                self._act(self._order.noted(word.chat, word.seq) if full else self._order.entry(word))
            case Resync():
                self._resync(word)
            case ChatVisible():
                self._learn(_summary(word), follow=True)
            case Friend():
                self._inbox.put(word, Sort.NEWS)
            case Receipt() | Typing() | Presence() | ProfileChanged():
                self._inbox.put(word, Sort.FLEETING)

    def lost(self) -> None:
        """The conversation is over."""
        self._tasks.cancel_soon()
        self._put_off.clear()
        self._order.disconnected()

    def drained(self) -> None:
        """The application has worked its inbox down: what was put off can come."""
        while self._put_off and not self._inbox.full:
            self._fetch(self._put_off.popleft())
        if self._inbox.news_lost:
            self._inbox.news_lost = False
            self._tasks.spawn(self._ask_chats(None), "hubbub chats")

    async def aclose(self) -> None:
        """End the work."""
        await self._tasks.cancel()

    # Positions

    def _at(self, chat: str, seq: int | None) -> Position:
        return Position(chat, seq, self.epoch or "")

    def _start_epoch(self, epoch: str) -> None:
        """The server was restored: positions of the old epoch mean nothing (protocol.md §3.4)."""
        self._store.start_epoch(epoch)
        self.epoch = epoch
        self._act(self._order.void())

    def _resync(self, push: Resync) -> None:
        if push.chat is None:
            self._tasks.spawn(self._ask_chats(None), "hubbub chats")
        else:
            self._act(self._order.resync(push.chat, push.after, push.next, reset=push.reset))

    def _act(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case PassOn(entry):
                    self._pass_on(entry)
                case Fetch():
                    self._fetch_or_put_off(action)
                case StartAnew(chat, after):
                    self._start_anew(chat, after)

    def _pass_on(self, entry: Entry) -> None:
        self._told_anew.pop(entry.chat, None)
        self._inbox.put(entry, Sort.ENTRY, self._at(entry.chat, entry.seq))
        if entry.seq > self._heads.get(entry.chat, self._unlisted_head):
            self._change(entry)
        if self._goals.get(entry.chat, entry.seq + 1) <= entry.seq:
            del self._goals[entry.chat]
            self._check_goals()

    def _change(self, entry: Entry) -> None:
        """Work what no summary includes yet into what is known of a chat."""
        match entry:
            case Renamed(chat=chat, name=name) if chat in self.known:
                self.known[chat] = msgspec.structs.replace(self.known[chat], name=name)
            case Member(chat=chat, user=self.user, change=change) if change in _REMOVALS:
                self._forget(chat)
            case Member(chat=chat, user=self.user, role=str(role)) if chat in self.known:
                self.known[chat] = msgspec.structs.replace(self.known[chat], role=role)

    def _start_anew(self, chat: str, after: int) -> None:
        """Once told, it need not be told again: another epoch shows in welcome and again in a resync per chat."""
        position = self._at(chat, after)
        if self._told_anew.get(chat) == position:
            return
        self._told_anew[chat] = position
        self._complete = False
        self._goals.pop(chat, None)
        self._inbox.put(Reset(chat, after), Sort.ENTRY, position)
        self._check_goals()

    def _forget(self, chat: str) -> None:
        self._order.forget(chat)
        self._told_anew.pop(chat, None)
        self.known.pop(chat, None)
        self._goals.pop(chat, None)
        self._inbox.put(ChatGone(chat), Sort.ENTRY, self._at(chat, None))
        self._check_goals()

    def _check_goals(self) -> None:
        if self._catching_up and not self._goals:
            self._catching_up = False
            self._inbox.put(CaughtUp(self._missed, self._complete), Sort.NEWS)
            self._complete = True

    # History

    def _fetch_or_put_off(self, fetch: Fetch) -> None:
        if self._inbox.full:
            self._put_off.append(fetch)
        else:
            self._fetch(fetch)

    def _fetch(self, fetch: Fetch) -> None:
        self._tasks.spawn(self._fill(fetch), f"hubbub history {fetch.chat}")

    async def _fill(self, fetch: Fetch) -> None:
        """Ask for one page; what brings nothing is tried again, later and later."""
        if fetch.tries:
            await self._clock.sleep(wait_s(fetch.tries - 1, 1.0))
        cursor = self._order.cursor(fetch.chat)
        if cursor is None:
            return
        try:
            async with self._slots:
                page = await self._history(fetch.chat, cursor)
            actions = self._order.page(fetch.chat, page.entries)
        except RequestRefused as refused:
            if refused.code in _NOT_OURS:
                self._forget(fetch.chat)
                return
            actions = self._order.fetch_failed(fetch.chat)
        except (HubbubError, msgspec.ValidationError):
            actions = self._order.fetch_failed(fetch.chat)
        self._act(actions)

    # Lists

    def _learn(self, summary: Summary, *, follow: bool) -> None:
        """`follow` is false for a chat whose missed entries the server replays from our cursor."""
        chat, new = summary.chat, summary.chat not in self.known
        self.known[chat] = summary
        self._heads[chat] = summary.head
        self._listed.add(chat)
        resumed = self._order.cursor(chat) is not None
        if new:
            position = None if resumed else self._at(chat, summary.head)
            self._inbox.put(ChatAdded(summary), Sort.ENTRY, position)
        if follow or not resumed:
            self._act(self._order.follow(chat, summary.head))

    async def _ask_chats(self, after: str | None) -> None:
        """Ask for all chats after one: those that are new are followed from their head, those that are not there are gone."""
        try:
            async with self._listing:
                self._listed.clear()
                await self._ask_pages(after)
        except HubbubError:
            return  # the connection went: the next welcome brings the list
        self._unlisted_head = 0
        for chat in self._order.cursors().keys() - self._listed:
            if after is None or chat > after:
                self._forget(chat)
        self._inbox.put(ListsChanged(), Sort.NEWS)

    async def _ask_pages(self, after: str | None) -> None:
        more = True
        while more:
            chats = await self._chats(after)
            for summary in chats.chats:
                self._learn(summary, follow=True)
            more = chats.more and bool(chats.chats)
            after = chats.chats[-1].chat if chats.chats else after


def _summary(push: ChatVisible) -> Summary:
    return Summary(**{name: getattr(push, name) for name in Summary.__struct_fields__})
