"""The application: one screen, its keys, and what happens when something happens."""

import time
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, OptionList, Static

from hubbub_client.client import Client
from hubbub_client.errors import HubbubError
from hubbub_client.events import StateChanged, Status
from hubbub_client.tasks import Tasks
from hubbub_client.terminal.app import verbs, view
from hubbub_client.terminal.app.acts import act
from hubbub_client.terminal.app.composer import Composer
from hubbub_client.terminal.app.help import HELP
from hubbub_client.terminal.app.palette import DARK, FOR_DARK, FOR_LIGHT, LIGHT, Palette
from hubbub_client.terminal.app.sheet import SheetScreen
from hubbub_client.terminal.app.sidebar import ChatList
from hubbub_client.terminal.app.sign_in import SignInScreen, refusal
from hubbub_client.terminal.app.transcript import Transcript
from hubbub_client.terminal.app.way_in import WayIn
from hubbub_client.terminal.app.writer import Writer
from hubbub_client.terminal.deeds import Deeds
from hubbub_client.terminal.desk import status
from hubbub_client.terminal.desk.choices import Choice, Sheet
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.desk.reactions import react

FRAME_S = 1 / 30
"""What happens within one frame is shown together, however much it is."""

NARROW, WIDE, TALL = 60, 110, 32
"""Columns below which the chats are hidden, and from which there is room; lines from which there is."""

OF_SOMEBODY = frozenset(
    {"help", "switch", "people", "rooms", "this_chat", "search", "connect", "log_out", "step", "scroll"}
)
"""Actions that need somebody signed in."""


class HubbubApp(App[int]):
    """`hubbub chat`. `now_ms` is an argument so that a picture of it is always the same."""

    CSS_PATH = "look.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", key_display="F1", priority=True),
        Binding("ctrl+k", "switch", "Go to", priority=True),
        Binding("f2", "people", "People", key_display="F2"),
        Binding("f3", "rooms", "Rooms", key_display="F3"),
        Binding("f4", "this_chat", "Chat", key_display="F4"),
        Binding("ctrl+f", "search", "Search", priority=True),
        Binding("ctrl+t", "theme", "Theme", priority=True),
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("f5", "connect", show=False),
        Binding("f9", "log_out", show=False),
        Binding("alt+up", "step(-1)", show=False, priority=True),
        Binding("alt+down", "step(1)", show=False, priority=True),
    ]

    def __init__(
        self,
        way_in: WayIn,
        *,
        light: bool | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        super().__init__()
        self.now_ms = now_ms
        self.desk = Desk("")
        self.deeds: Deeds
        self._way_in = way_in
        self._client: Client | None = None
        self._light = bool(light)
        self._tasks = Tasks()
        self.writer = Writer(self)
        self._frame: Timer | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="side"):
                yield Static(id="me", markup=False)
                yield Static(id="asks", markup=False)
                yield ChatList(id="chats")
            with Vertical(id="main"):
                yield Static(id="title", markup=False)
                yield Static(id="banner", markup=False)
                yield Transcript(id="transcript")
                yield Static(id="typing", markup=False)
                yield Static(id="about", markup=False)
                yield Composer(id="composer")
        yield Footer(show_command_palette=False, compact=True)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Names of colours that look.tcss uses, before a theme is chosen."""
        return DARK.variables

    async def on_mount(self) -> None:
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self._dress()
        self.set_interval(1, self.changed)  # times run out: typing, the wait for the next attempt
        self._tasks.spawn(self._enter(), "terminal enter")

    # The way in and out

    async def _enter(self) -> None:
        why = ""
        try:
            client = await self._way_in.given() or await self._way_in.remembered()
        except (HubbubError, OSError) as error:
            client, why = None, refusal(error, self._way_in.user, new=False)
        if client is None:
            self.ask_who(why)
        else:
            self.begin(client)
            client.start()

    def ask_who(self, why: str = "") -> None:
        """The screen with name and password."""
        if not isinstance(self.screen, SignInScreen):
            self.push_screen(
                SignInScreen(self._way_in.server, self.desk.me or self._way_in.user, self._sign_in, why)
            )

    async def _sign_in(self, user: str, password: str, new: bool) -> None:
        await self._leave()
        self.begin(await self._way_in.sign_in(user, password, new=new))

    def begin(self, client: Client) -> None:
        """Sit down as somebody."""
        self._client = client
        self.desk = Desk(client.user)
        self.query_one(Transcript).me = client.user
        self.deeds = Deeds(client, self.desk, self.now_ms, self.changed)
        self._tasks.spawn(self._listen(client, self.desk), "terminal events")
        self.query_one(Composer).focus()
        self.changed()

    async def _leave(self) -> None:
        if self._client is not None:
            await self.deeds.aclose()
            await self._client.close()
            self._client = None

    async def on_unmount(self) -> None:
        await self._leave()
        await self._tasks.cancel()

    # What happens

    async def _listen(self, client: Client, desk: Desk) -> None:
        """An event counts as handled when it is on the desk, which the next start need not see again."""
        async for event in client.events():
            react(desk, event, self.now_ms())
            if isinstance(event, StateChanged) and event.status is Status.CONNECTED:
                self._connected(client, desk)
            self.changed()

    def _connected(self, client: Client, desk: Desk) -> None:
        desk.me = client.user
        self.query_one(Transcript).me = client.user
        self.deeds.later(self.deeds.learn_people(), "people")
        self.deeds.later(self._resume(client, desk), "resume")

    async def _resume(self, client: Client, desk: Desk) -> None:
        """What an earlier start left on its way stands in its chat again."""
        desk.expect(client.on_their_way, self.now_ms())

    def changed(self) -> None:
        """Show it with the next frame."""
        if self._frame is None and self.is_running:
            self._frame = self.set_timer(FRAME_S, self._show)

    def _show(self) -> None:
        self._frame = None
        if self._client is None:
            return
        self._place()
        view.show(self.main, self.desk, self.now_ms(), self._palette)
        self._attend()
        self.writer.show()
        while self.desk.news:
            news = self.desk.news.popleft()
            self.tell(news.text, bad=news.bad)
        if isinstance(self.screen, SheetScreen):
            self.screen.fill()

    def _place(self) -> None:
        """Open something where nothing is open yet, and fetch what an open chat lacks."""
        desk = self.desk
        if desk.current is None and desk.chats and desk.connected:
            desk.open(desk.by_activity()[0].id)
        chat = desk.chat
        if chat is None or not desk.connected or self.deeds.loading(chat):
            return
        if (not len(chat.log) and not chat.log.whole) or (chat.members is None):
            self.deeds.complete(chat)

    def _attend(self) -> None:
        """What a person has before their eyes is read, and what is just above it is fetched."""
        transcript = self.main.query_one(Transcript)
        self.desk.attentive = self.app_focus and transcript.at_end and self.screen is self.main
        chat = self.desk.chat
        if chat is None or not len(chat.log) or self.deeds.loading(chat):
            return
        if self.desk.attentive:
            self.deeds.read(chat)
        if transcript.near_top and not chat.log.whole and not chat.log.full and self.desk.connected:
            self.deeds.later(self.deeds.older(chat), "older")

    @property
    def main(self) -> Screen[object]:
        """The screen below all sheets."""
        return self.screen_stack[0]

    @property
    def _palette(self) -> Palette:
        return FOR_LIGHT if self._light else FOR_DARK

    def _dress(self) -> None:
        self.theme = LIGHT.name if self._light else DARK.name

    def tell(self, text: str, *, bad: bool = False) -> None:
        """A word in the corner, gone after a while."""
        self.notify(text, severity="error" if bad else "information", markup=False)

    # Going

    async def go(self, chat: str) -> None:
        """Open a chat, at its end."""
        self.writer.go(chat)
        transcript = self.main.query_one(Transcript)
        transcript.choose(None)
        transcript.scroll_end(animate=False)
        self.writer.focus()

    def mark(self, seq: int) -> None:
        """Show one message of the open chat."""
        transcript = self.main.query_one(Transcript)
        view.show(self.main, self.desk, self.now_ms(), self._palette)
        transcript.focus()
        transcript.choose(("entry", seq))

    def action_step(self, by: int) -> None:
        """The chat above or below in the list."""
        chats = [chat.id for chat in self.desk.by_activity()]
        if chats:
            at = chats.index(self.desk.current) + by if self.desk.current in chats else 0
            self.deeds.later(self.go(chats[at % len(chats)]), "step")

    def action_scroll(self, pages: int) -> None:
        """A page of the transcript, while one writes."""
        transcript = self.main.query_one(Transcript)
        transcript.scroll_relative(y=pages * max(transcript.size.height - 2, 1), animate=False)

    def on_transcript_moved(self) -> None:
        """Something else is seen: what is before it may be needed, and what is at the end is read."""
        self.changed()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A chat was clicked, or Enter pressed on it."""
        if event.option_list.id == "chats" and event.option.id is not None:
            self.deeds.later(self.go(event.option.id), "go")

    # Writing and messages

    def on_composer_sent(self, event: Composer.Sent) -> None:
        self.writer.send(event.text)

    def on_composer_up(self) -> None:
        self.writer.change_last()

    def on_composer_left(self) -> None:
        self.writer.leave()

    def on_text_area_changed(self) -> None:
        if self._client is not None:
            self.writer.typed()

    def on_transcript_acted(self, event: Transcript.Acted) -> None:
        """Something is to be done about a message, or the person wants to write."""
        if event.deed == "back" or event.key is None or self.desk.chat is None:
            self.writer.focus()
        else:
            act(self, self.desk.chat, event.key, event.deed, event.emoji)

    # Sheets

    def show_sheet(self, sheet: Sheet) -> None:
        """A list over the rest; one at a time."""
        self._close_sheet()
        self.push_screen(SheetScreen(sheet))

    def _close_sheet(self) -> None:
        if isinstance(self.screen, SheetScreen):
            self.pop_screen()

    def on_sheet_screen_chosen(self, event: SheetScreen.Chosen) -> None:
        """A row was chosen."""
        self.do(event.choice)

    def on_sheet_screen_typed(self, event: SheetScreen.Typed) -> None:
        """The directory is the server's: ask it."""
        if event.sheet.sheet.name == "rooms":
            self.deeds.later(self.deeds.look_for_rooms(event.query), "rooms")

    def do(self, choice: Choice) -> None:
        """Do what was chosen; ask before what cannot be taken back."""
        if choice.sure:
            self.show_sheet(verbs.sure(choice))
            return
        if not verbs.VERBS[choice.verb].stays:
            self._close_sheet()
        self.deeds.later(self._done(verbs.run(self, choice)), choice.verb)

    async def _done(self, work: Awaitable[object]) -> None:
        await work

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Before somebody is signed in there is nothing to open."""
        return self._client is not None or action not in OF_SOMEBODY

    def action_help(self) -> None:
        """Every key."""
        self.show_sheet(HELP)

    def action_switch(self) -> None:
        """Go to a chat."""
        self.show_sheet(verbs.switcher(self))

    def action_people(self) -> None:
        """Friends, requests, blocks."""
        self.show_sheet(verbs.people(self))

    def action_rooms(self) -> None:
        """The directory."""
        self.show_sheet(verbs.rooms(self))
        self.deeds.later(self.deeds.look_for_rooms(""), "rooms")

    def action_search(self) -> None:
        """Search what was said."""
        self.show_sheet(verbs.search(self))

    def action_this_chat(self) -> None:
        """Members, and what can be done about the chat."""
        if self.desk.chat is not None:
            self.show_sheet(verbs.this_chat(self, self.desk.chat))

    def action_theme(self) -> None:
        """Light or dark."""
        self._light = not self._light
        self._dress()
        self.changed()

    def action_connect(self) -> None:
        """Try now, or log in if only that helps."""
        said = status.banner(self.desk, self.now_ms())
        if said is not None and said.log_in:
            self.ask_who(said.text)
        elif self._client is not None and said is not None:
            self._client.start()

    def action_log_out(self) -> None:
        """End the session, and ask who is next."""
        self.deeds.later(self._log_out(), "log out")

    async def _log_out(self) -> None:
        if self._client is not None:
            await self._client.log_out()
            self.ask_who("Logged out.")

    def on_resize(self, event: events.Resize) -> None:
        """Another size has room for other things."""
        self.main.set_class(event.size.width < NARROW, "narrow")
        self.main.set_class(event.size.width >= WIDE, "wide")
        self.main.set_class(event.size.height >= TALL, "tall")
        self.changed()
