"""Puts the desk on the screen: every frame the same function of what is known."""

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from hubbub_client.terminal.app.palette import Palette
from hubbub_client.terminal.app.sidebar import ChatList
from hubbub_client.terminal.app.transcript import Transcript
from hubbub_client.terminal.desk import status
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.desk.going import chat_rows
from hubbub_client.terminal.desk.items import Item, Notice, items
from hubbub_client.terminal.safe_text import one_line

NOBODY = (
    "Nobody to talk to yet.",
    "F2: ask somebody to be friends, and talk in private",
    "F3: find a public room, or make one",
    "F1: every key",
)
CHOOSE = ("No chat is open.", "Ctrl+K goes to one by name, F3 finds rooms, F2 people.")


def show(screen: Screen[object], desk: Desk, now_ms: int, palette: Palette) -> None:
    """Everything on the main screen."""
    _show_side(screen, desk)
    _show_title(screen, desk, now_ms)
    _show_banner(screen, desk, now_ms)
    screen.query_one(Transcript).show(_items(desk, now_ms), palette)
    put(screen, "#typing", Content(status.typing_line(desk.chat if desk.connected else None, now_ms)))


def put(screen: Screen[object], where: str, content: Content) -> Static:
    """Write into a line, if it says something else: what is the same again costs nothing on a slow terminal."""
    line = screen.query_one(where, Static)
    if line.content != content:
        line.update(content)
    return line


def _show_side(screen: Screen[object], desk: Desk) -> None:
    mark, style = ("●", "$success") if desk.connected else ("○", "$muted")
    put(screen, "#me", Content.assemble((mark, style), f" {one_line(desk.me)}"))
    asked = len(desk.people.incoming)
    asks = put(screen, "#asks", Content(f"F2  {asked} {'asks' if asked == 1 else 'ask'} you"))
    asks.set_class(asked > 0, "some")
    screen.query_one(ChatList).show(chat_rows(desk), desk.current)


def _show_title(screen: Screen[object], desk: Desk, now_ms: int) -> None:
    name, about = status.title(desk, desk.chat, now_ms)
    put(screen, "#title", Content.assemble((name, "bold"), (f"  {about}", "$muted")))


def _show_banner(screen: Screen[object], desk: Desk, now_ms: int) -> None:
    said = status.banner(desk, now_ms)
    banner = screen.query_one("#banner", Static)
    banner.set_class(said is not None, "some")
    banner.set_class(said is not None and said.final, "final")
    if said is not None:
        deed = "log in" if said.log_in else "try now"
        key = ("F5", "bold @click=app.connect")
        put(screen, "#banner", Content.assemble(said.text, "  ", key, (f" {deed}", "@click=app.connect")))


def _items(desk: Desk, now_ms: int) -> list[Item]:
    if desk.chat is not None:
        blocked = frozenset(desk.people.blocked)
        return items(desk.chat, desk.me, now_ms, blocked=blocked, online=desk.connected)
    lines = CHOOSE if desk.chats else NOBODY if desk.was_connected else ()
    return [Notice(("hint", at), line) for at, line in enumerate(lines)]
