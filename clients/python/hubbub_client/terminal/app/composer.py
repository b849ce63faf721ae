"""Where one writes: Enter sends, and a line more is Ctrl+J."""

from typing import ClassVar
from unicodedata import category

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea


class Composer(TextArea):
    """A text of several lines, as high as it needs to be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,shift+enter,alt+enter", "break_line", "New line", show=False),
        Binding("pageup", "app.scroll(-1)", "Earlier", show=False),
        Binding("pagedown", "app.scroll(1)", "Later", show=False),
        Binding("escape", "leave", "Cancel", show=False),
    ]

    class Sent(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Up(Message):
        """Arrow-up was pressed where nothing is written."""

    class Left(Message):
        """Escape was pressed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, show_line_numbers=False, highlight_cursor_line=False, compact=True)
        self.cursor_blink = False  # nothing goes over the line while nothing happens

    async def _on_key(self, event: events.Key) -> None:
        """Enter sends; all else is the text area's own business."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Sent(self.text))
        elif event.key == "up" and not self.text:
            event.stop()
            event.prevent_default()
            self.post_message(self.Up())
        else:
            await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        """What is pasted is text, whatever it pretends to be."""
        event.text = "".join(
            each for each in event.text if each in "\n\t" or category(each) not in ("Cc", "Cs")
        )
        await super()._on_paste(event)

    def action_break_line(self) -> None:
        """A line more."""
        self.insert("\n")

    def action_leave(self) -> None:
        """Put aside what is being answered or changed."""
        self.post_message(self.Left())

    def write(self, text: str) -> None:
        """Put a text there, with the cursor behind it."""
        self.text = text
        self.move_cursor(self.document.end)
