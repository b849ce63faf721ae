"""A list over the rest of the screen: type to narrow it, Enter does the first thing, Tab gives the others."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from hubbub_client.terminal.desk.choices import Choice, Row, Sheet

NOTE_MAX = 28


class SheetScreen(ModalScreen[None]):
    """Shows a sheet, and tells what was chosen; it stays until it is dismissed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
    ]

    class Chosen(Message):
        """Something is to be done."""

        def __init__(self, sheet: "SheetScreen", choice: Choice) -> None:
            super().__init__()
            self.sheet, self.choice = sheet, choice

    class Typed(Message):
        """Something else is looked for."""

        def __init__(self, sheet: "SheetScreen", query: str) -> None:
            super().__init__()
            self.sheet, self.query = sheet, query

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet
        self._rows: list[Row] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="sheet"):
            yield Static(Content(self.sheet.title), id="sheet-title")
            if self.sheet.ask is not None:
                field = Input(
                    self.sheet.arrive, placeholder=self.sheet.ask, select_on_focus=False, id="sheet-query"
                )
                field.cursor_blink = False
                yield field
            yield OptionList(id="sheet-rows", markup=False)
            yield Static(id="sheet-keys", markup=False)

    def on_mount(self) -> None:
        self.fill()
        self.query_one(OptionList if self.sheet.ask is None else Input).focus()
        if self.sheet.arrive:
            self.post_message(self.Typed(self, self.sheet.arrive))

    @property
    def query_text(self) -> str:
        """What is typed."""
        return "" if self.sheet.ask is None else self.query_one(Input).value

    def fill(self) -> None:
        """The rows as they are now, on the same one if it is still there."""
        rows = self.sheet.rows(self.query_text)
        if rows == self._rows:
            return
        options = self.query_one(OptionList)
        held = self._row
        self._rows = rows
        width = max(options.scrollable_content_region.width - 2, 20)
        options.set_options(Option(_line(row, width), disabled=not row.choices) for row in rows)
        kept = next((at for at, row in enumerate(rows) if held is not None and row.key == held.key), None)
        first = next((at for at, row in enumerate(rows) if row.choices), None)
        options.highlighted = first if kept is None else kept
        self._show_keys()

    def on_resize(self) -> None:
        self._rows = []
        self.fill()

    @property
    def _row(self) -> Row | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def action_move(self, by: int) -> None:
        """Another row, while the field has the keys; where none can be chosen, further down."""
        options = self.query_one(OptionList)
        if self._row is None:
            options.scroll_relative(y=by * 5, animate=False)
        elif by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def on_input_changed(self) -> None:
        self.fill()
        self.post_message(self.Typed(self, self.query_text))

    def on_input_submitted(self) -> None:
        self._choose("enter")

    def on_option_list_option_selected(self) -> None:
        self._choose("enter")

    def on_option_list_option_highlighted(self) -> None:
        self._show_keys()

    def on_key(self, event: events.Key) -> None:
        """The letters of the choices, while the list has the keys."""
        if self.query_one(OptionList).has_focus and event.key != "enter":
            self._choose(event.key)

    def _choose(self, key: str) -> None:
        row = self._row
        choice = next((each for each in row.choices if each.key == key), None) if row is not None else None
        if choice is not None:
            self.post_message(self.Chosen(self, choice))

    def on_descendant_focus(self) -> None:
        self._show_keys()

    def _show_keys(self) -> None:
        """What the marked row offers; a click does it as well."""
        row = self._row
        parts: list[tuple[str, str]] = []
        for choice in row.choices if row is not None else ():
            action = f"screen.choose_key('{choice.key}')"
            parts += [
                (f" {_key(choice.key)} ", f"bold $accent @click={action}"),
                (f"{choice.label} ", ""),
            ]
        if row is not None and len(row.choices) > 1 and not self.query_one(OptionList).has_focus:
            parts.append((" Tab ", "bold $accent"))
            parts.append(("for the letters ", ""))
        parts += [(" Esc ", "bold $accent @click=screen.dismiss"), ("close", "")]
        self.query_one("#sheet-keys", Static).update(Content.assemble(*parts))

    def action_choose_key(self, key: str) -> None:
        """A key of the line below was clicked."""
        self._choose(key)


def _line(row: Row, width: int) -> Content:
    """`mark text … note`, cut to the width."""
    if not row.choices and not row.note:
        return Content.assemble((row.text, "$muted"))
    note = Content(row.note).truncate(NOTE_MAX, ellipsis=True) if row.note else Content("")
    room = max(width - 2 - note.cell_length - (1 if row.note else 0), 4)
    text = Content(row.text).truncate(room, ellipsis=True, pad=True)
    gap = " " if row.note else ""
    style = "bold" if row.bright else ""
    return Content.assemble((f"{row.mark} ", "$accent"), (text.plain, style), gap, (note.plain, "$muted"))


def _key(key: str) -> str:
    return {"enter": "Enter"}.get(key, key)
