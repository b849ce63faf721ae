"""The list of chats beside the transcript."""

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from hubbub_client.terminal.desk.choices import Row


class ChatList(OptionList, can_focus=True):
    """One line a chat: who is there, its name, what is unread."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, markup=False, compact=True)
        self._shown: tuple[list[Row], str | None, int] | None = None

    def show(self, rows: list[Row], current: str | None) -> None:
        """Show other rows; the open chat is marked."""
        width = max(self.scrollable_content_region.width, 10)
        if self._shown == (rows, current, width):
            return
        self._shown = rows, current, width
        self.set_options(Option(_line(row, width, current=row.key == current), id=row.key) for row in rows)
        self.highlighted = next((at for at, row in enumerate(rows) if row.key == current), None)

    def on_resize(self) -> None:
        if self._shown is not None:
            rows, current, _ = self._shown
            self.show(rows, current)


def _line(row: Row, width: int, *, current: bool) -> Content:
    badge = f" {row.note} " if row.note else ""
    room = max(width - 3 - len(badge), 3)
    name = Content(row.text).truncate(room, ellipsis=True, pad=True)
    mark = "$success" if row.mark == "●" else "$muted"
    style = "bold $accent" if row.note.startswith("@") else "bold" if row.bright or current else ""
    alarm = "$background on $accent" if row.note.startswith("@") else "$foreground on $panel"
    return Content.assemble((f" {row.mark} ", mark), (name.plain, style), (badge, f"bold {alarm}"))
