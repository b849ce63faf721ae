"""One conversation at a terminal: what is open, what arrives, what is typed."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from hubbub_client.client import Client
from hubbub_client.errors import (
    HubbubError,
    NoAnswer,
    OutboxFull,
    RequestRefused,
    Stopped,
    Undecided,
    Unreachable,
)
from hubbub_client.events import (
    Deleted,
    Edited,
    Entry,
    Friend,
    Member,
    Message,
    Reacted,
    Renamed,
    Status,
)
from hubbub_client.tasks import Tasks
from hubbub_client.terminal.deeds import Deeds
from hubbub_client.terminal.desk.chat import Chat
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.desk.log import Log
from hubbub_client.terminal.plain import phrases
from hubbub_client.terminal.plain.screen import Screen
from hubbub_client.terminal.wording import clock, label
from hubbub_client.wire.entries import Summary

SENT_S = 2.0
"""How long a script waits for a message to be durable before its next line; then it stays in the outbox."""


class Complaint(Exception):
    """What was typed cannot be done; the text says what to type instead."""


class Talk:
    """The state of a terminal chat."""

    def __init__(
        self, client: Client, screen: Screen, *, patient: bool, now: Callable[[], float] = time.time
    ) -> None:
        """`patient`: wait for each message to be durable before the next line, as scripts expect."""
        self.client = client
        self.screen = screen
        self.desk = Desk("")
        self.leaving = False
        self._patient = patient
        self._now = now
        self._tasks = Tasks()
        self._deeds = Deeds(client, self.desk, self.now_ms, lambda: None)
        self.read_by: dict[str, int] = {}
        self.connected_before = False
        self.caught_up_before = False
        self.greeted = False
        self.shown: dict[str, int] = {}
        self._opening: dict[str, list[Entry]] = {}
        self.lost_before = False

    # Names and places

    @property
    def current(self) -> str | None:
        """The open chat."""
        return self.desk.current

    @property
    def me(self) -> str:
        """Who talks here."""
        return self.client.user

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return int(self._now() * 1000)

    def label(self, chat: str) -> str:
        """How a chat is called."""
        return label(self.client.known.get(chat), chat)

    def log(self, chat: str) -> Log:
        """What is here of a chat, also of one that was entered and is not announced yet."""
        if chat not in self.desk.chats:
            blank = Summary(chat=chat, msg_type="group", head=0)
            self.desk.chats[chat] = Chat.of(self.client.known.get(chat, blank), self.me)
        return self.desk.chats[chat].log

    def here(self) -> str:
        """The open chat. Raises Complaint."""
        if self.current is None:
            raise Complaint(
                "No chat is open: /open NAME or /open @USER opens one, /chats lists yours, /room NAME makes one."
            )
        return self.current

    def room_here(self) -> Summary:
        """The open chat, if it is a room. Raises Complaint."""
        summary = self.client.known.get(self.here())
        if summary is None or summary.peer is not None:
            raise Complaint("That works in rooms only; this is a private chat.")
        return summary

    def find(self, wanted: str) -> str:
        """One of this user's chats by @user, name, beginning of a name, or id. Raises Complaint."""
        known = self.client.known
        if not known and self.client.status is not Status.CONNECTED:
            raise Complaint("Not connected yet, so your chats are not known; wait for the connection.")
        if wanted in known:
            return wanted
        by_label = {chat: self.label(chat) for chat in known}
        for fits in (_equals(wanted), _begins(wanted)):
            found = [chat for chat, called in by_label.items() if fits(called)]
            if len(found) == 1:
                return found[0]
            if found:
                listed = ", ".join(f"{by_label[chat]} ({chat})" for chat in found)
                raise Complaint(f"Several chats fit: {listed}. /open takes the id in brackets, too.")
        raise Complaint(_not_found(wanted))

    def names(self) -> Iterable[str]:
        """What can be completed after a command."""
        return [self.label(chat) for chat in self.client.known]

    # What is typed

    async def say(self, content: str, reply_to: int | None = None) -> None:
        """Send a message to the open chat."""
        chat = self.here()
        if self.client.status is not Status.CONNECTED:
            self.screen.say(
                f"* not connected: kept, and sent when the connection is back ({self.client.undecided + 1} waiting)"
            )
        work = self._tasks.spawn(self._send(chat, content, reply_to), "terminal send")
        if self._patient:
            await self._tasks.wait(work, SENT_S)

    async def _send(self, chat: str, content: str, reply_to: int | None) -> None:
        try:
            await self.client.send(chat, content, reply_to=reply_to)
        except Undecided:
            self.screen.say("! a message is not sent yet: it goes out at the next connection.")
        except (HubbubError, Complaint) as error:
            self.complain(error)
            self.screen.say(f"! not sent: {content}")

    def complain(self, error: Exception) -> None:
        """Say what went wrong and what to do."""
        match error:
            case RequestRefused():
                self.screen.say(phrases.refusal_line(error))
            case Stopped():
                self.screen.say(f"! not connected ({phrases.shown(error.reason)}): /connect tries again.")
            case Unreachable() | Complaint() | OutboxFull() | Undecided():
                self.screen.say(f"! {error}")
            case NoAnswer():
                self.screen.say("! no answer from the server; try again.")
            case _:
                self.screen.say(
                    "! the server answered what this program does not understand: update one of them."
                )

    def typed(self) -> None:
        """A key was pressed."""
        self._deeds.typed()

    async def flush(self) -> None:
        """Before leaving: give messages that wait a moment."""
        await self._tasks.wait_all(SENT_S)
        if self.client.undecided:
            self.screen.say(
                f"! {self.client.undecided} message(s) not sent yet: they go out when you start again."
            )

    async def aclose(self) -> None:
        """End the work."""
        await self._tasks.cancel()
        await self._deeds.aclose()

    # Showing

    def show_new(self, entry: Entry) -> None:
        """An entry that arrived, unless it is on the screen already, or about to be, as part of a chat's history."""
        if entry.chat in self._opening:
            self._opening[entry.chat].append(entry)
        elif entry.seq > self.shown.get(entry.chat, 0):
            self.show(entry)

    def show(self, entry: Entry) -> None:
        """One line for an entry, none for what changes nothing that is seen."""
        if getattr(entry, "sender", None) in self.desk.people.blocked:
            return
        changed = self._made_or_changed(entry)
        where, when = self.label(entry.chat), self._when(getattr(entry, "ts", 0))
        match entry:
            case Message() if changed is not None:
                self.screen.say(phrases.message_line(when, where, changed, self.me, self._answered(changed)))
            case Edited() | Deleted() | Reacted() if changed is not None:
                self.screen.say(phrases.change_line(when, where, entry, changed))
            case Member():
                self.screen.say(phrases.member_line(when, where, entry, self.now_ms()))
            case Renamed():
                self.screen.say(f"* this room is called {phrases.shown(entry.name)} now")

    def _made_or_changed(self, entry: Entry) -> Message | None:
        """The message that an entry is about, as it is now; a change that it includes already is not news."""
        if isinstance(entry, Edited | Deleted | Reacted):
            message = self.log(entry.chat).message(entry.target)
            return message if message is not None and message.as_of == entry.seq else None
        return self.log(entry.chat).message(entry.seq)

    def _answered(self, message: Message) -> Message | None:
        return self.log(message.chat).message(message.reply_to)

    def _when(self, ts: int) -> str:
        return clock(ts, self.now_ms())

    async def show_history(self, chat: str, *, before: int | None = None, limit: int = 15) -> None:
        """The latest entries of a chat, or those before a seq."""
        page = await self.client.history(chat, before=before, limit=limit)
        entries = page.entries
        if self.log(chat).meets(entries):
            self.log(chat).add_page(entries, more=page.more)
        self.screen.say(
            f"--- {self.label(chat)}: {self._range(entries)}{', more: /history' if page.more else ''} ---"
        )
        for entry in entries:
            if not isinstance(entry, Edited | Deleted | Reacted):  # its message is there in its present form
                self.show(entry)
            self.shown[chat] = max(entry.seq, self.shown.get(chat, 0))

    def expected(self, chat: str) -> bool:
        """This chat is being opened."""
        return chat in self._opening

    @staticmethod
    def _range(entries: list[Entry]) -> str:
        if not entries:
            return "nothing yet, say hello"
        return f"#{entries[0].seq} to #{entries[-1].seq}"

    @contextmanager
    def expecting(self, chat: str) -> Iterator[None]:
        """What arrives of this chat waits until it has been opened."""
        arrived = self._opening.setdefault(chat, [])
        try:
            yield
        finally:
            self._opening.pop(chat, None)
            while arrived:
                self.show_new(arrived.pop(0))

    async def open(self, chat: str) -> None:
        """Make a chat the one that lines go to, and show its latest."""
        self.desk.open(chat)
        with self.expecting(chat):
            await self.show_history(chat)
        newest = self.log(chat).newest(mine=False)
        if newest is not None:
            self.seen(newest)

    def seen(self, message: Message) -> None:
        """A person has a message of somebody else before their eyes."""
        self._tasks.spawn(self._report_read(message), "terminal read")

    async def _report_read(self, message: Message) -> None:
        try:
            await self.client.read(message.chat, message.seq)
        except HubbubError:
            return  # the next message that is read reports again

    # Beginning

    async def greet(self) -> None:
        """The first lines: what there is, or how to begin."""
        self.greeted = True
        if self.client.status is not Status.CONNECTED:
            self.screen.say(
                "* not connected yet; you can type, and it goes out when the connection is there."
            )
            return
        try:
            lists = await self.client.friends()
        except HubbubError as error:
            self.complain(error)
            return
        self.desk.people.replace(lists)
        for user in lists.incoming:
            self.screen.say(phrases.friend_line(Friend(user=user, change="requested")))
        self.screen.say(self._first_steps())

    def _first_steps(self) -> str:
        known = self.client.known.values()
        if not known:
            return (
                f"* you are {self.me}. Nobody to talk to yet: /friend USER asks somebody, /room NAME makes a room, "
                "/rooms lists public ones, /help tells all."
            )
        listed = ", ".join(
            f"{self.label(each.chat)}{f' ({each.unread} unread)' if each.unread else ''}" for each in known
        )
        return f"* you are {self.me}. Your chats: {listed}.  /open NAME or /open @USER, /help"

    # The line under the prompt

    def prompt(self) -> str:
        """What stands before the line being typed."""
        return "> " if self.current is None else f"{self.label(self.current)}> "

    def status(self) -> str:
        """The connection, what waits, who types."""
        typing = [] if self.desk.chat is None else self.desk.chat.typists(self.now_ms())
        parts = [self._connection(), f"{self.client.undecided} waiting" if self.client.undecided else ""]
        parts.append(f"{phrases.shown(', '.join(typing))} typing …" if typing else "")
        return "  ·  ".join(part for part in parts if part)

    def _connection(self) -> str:
        if self.client.status is Status.CONNECTED:
            return f"● {self.me} at {self.client.url}"
        return f"○ {self.client.status.value} ({self.desk.state.reason or 'first attempt'})"


def _equals(wanted: str) -> Callable[[str], bool]:
    return lambda called: called.casefold() == wanted.casefold()


def _begins(wanted: str) -> Callable[[str], bool]:
    return lambda called: called.casefold().startswith(wanted.casefold())


def _not_found(wanted: str) -> str:
    if wanted.startswith("@"):
        return f"You have no private chat with {wanted}: /friend {wanted[1:]} asks them to be friends."
    return f"You are in no room called {wanted}: /rooms lists public ones, /join {wanted} enters, /room {wanted} makes one."
