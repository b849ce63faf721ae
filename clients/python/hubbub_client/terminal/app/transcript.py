"""The transcript: paints only what is seen, and stays where it is when earlier messages come in above."""

from bisect import bisect_right
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hubbub_client.terminal.app.painting import paint
from hubbub_client.terminal.app.palette import FOR_DARK, Palette
from hubbub_client.terminal.desk.items import Item, Key, Said, Waiting


class _Anchor(NamedTuple):
    """Where the view is: an item, and how many of its lines are above; none: at the end."""

    key: Key
    above: int


class Transcript(ScrollView, can_focus=True):
    """Items from top to bottom. The newest are at the bottom, also while they do not fill the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Previous", show=False),
        Binding("down,j", "choose(1)", "Next", show=False),
        Binding("enter", "act('menu')", "Menu"),
        Binding("r", "act('reply')", "Reply"),
        Binding("plus", "act('react')", "React", key_display="+"),
        Binding("e", "act('edit')", "Edit"),
        Binding("d,delete", "act('delete')", "Delete"),
        Binding("escape", "act('back')", "Back"),
    ]

    class Acted(Message):
        """Something is to be done about an item."""

        def __init__(self, deed: str, key: Key | None, emoji: str = "") -> None:
            super().__init__()
            self.deed, self.key, self.emoji = deed, key, emoji

    class Moved(Message):
        """Another part is seen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.me = ""
        self.chosen: Key | None = None
        self._palette = FOR_DARK
        self._items: list[Item] = []
        self._painted: dict[Key, tuple[Item, list[Text]]] = {}
        self._painted_for: tuple[int, Palette] | None = None
        self._tops: list[int] = []
        self._height = 0
        self._following = True
        """It is at the end, and stays there: whatever comes, and however high it is."""

    # What is shown

    @property
    def at_end(self) -> bool:
        """The newest is seen."""
        return self.scroll_offset.y >= self.max_scroll_y - 1

    @property
    def near_top(self) -> bool:
        """Less than a screen is left above."""
        return self.scroll_offset.y < self.size.height

    def show(self, items: list[Item], palette: Palette) -> None:
        """Show other items, from the same place on; at the end if it was there."""
        if items == self._items and palette is self._palette:
            return
        anchor = None if self._following else self._anchor()
        self._items, self._palette = items, palette
        self._lay_out(anchor)

    def choose(self, key: Key | None) -> None:
        """Mark an item, and bring it into view."""
        self.chosen = key
        place = next((at for at, item in enumerate(self._items) if item.key == key), None)
        if place is not None:
            top, end = self._tops[place], self._end(place)
            if top < self.scroll_offset.y:
                self.scroll_to(y=top, animate=False)
            elif end > self.scroll_offset.y + self.size.height:
                self.scroll_to(y=end - self.size.height, animate=False)
        self.refresh()

    def action_choose(self, by: int) -> None:
        """Mark the message above or below."""
        keys = [item.key for item in self._items if isinstance(item, Said | Waiting)]
        if not keys:
            return
        at = keys.index(self.chosen) + by if self.chosen in keys else len(keys) - 1
        self.choose(keys[min(max(at, 0), len(keys) - 1)])

    def action_act(self, deed: str) -> None:
        """Do something about the marked message."""
        self.post_message(self.Acted(deed, self.chosen))

    # Where things stand

    def on_resize(self) -> None:
        """Another width folds otherwise."""
        self._lay_out(None if self._following else self._anchor())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell who fetches and who reads."""
        super().watch_scroll_y(old_value, new_value)
        self._following = self.at_end
        self.post_message(self.Moved())

    def _anchor(self) -> _Anchor | None:
        if not self._items:
            return None
        place = max(bisect_right(self._tops, self.scroll_offset.y) - 1, 0)
        while place < len(self._items) - 1 and self._items[place].key[0] == "top":
            place += 1  # what stands above the oldest message moves up with those that come
        return _Anchor(self._items[place].key, self.scroll_offset.y - self._tops[place])

    def _lay_out(self, anchor: _Anchor | None) -> None:
        width = max(self.scrollable_content_region.width - 1, 10)
        self._paint(width)
        heights = [len(self._painted[item.key][1]) for item in self._items]
        self._height = sum(heights)
        top = max(self.size.height - self._height, 0)
        self._tops = []
        for height in heights:
            self._tops.append(top)
            top += height
        self.virtual_size = Size(width, max(top, 1))
        self._go(anchor)
        self.refresh()

    def _go(self, anchor: _Anchor | None) -> None:
        place = next((at for at, item in enumerate(self._items) if anchor and item.key == anchor.key), None)
        if anchor is None or place is None:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)
            self._following = True
        else:
            self.scroll_to(y=self._tops[place] + anchor.above, animate=False, immediate=True)

    def _paint(self, width: int) -> None:
        """What did not change is not painted again."""
        if self._painted_for != (width, self._palette):
            self._painted, self._painted_for = {}, (width, self._palette)
        before, self._painted = self._painted, {}
        for item in self._items:
            held = before.get(item.key)
            same = held is not None and held[0] == item
            lines = held[1] if held is not None and same else paint(item, width, self._palette, self.me)
            self._painted[item.key] = item, lines

    def _end(self, place: int) -> int:
        return self._tops[place] + len(self._painted[self._items[place].key][1])

    def _at(self, line: int) -> int | None:
        """The place of the item that has this line."""
        place = bisect_right(self._tops, line) - 1
        return place if 0 <= place < len(self._items) and line < self._end(place) else None

    # What is seen

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        line = y + self.scroll_offset.y
        place, width = self._at(line), self.size.width
        if place is None:
            return Strip.blank(width, self.rich_style)
        item = self._items[place]
        text = self._painted[item.key][1][line - self._tops[place]]
        chosen = item.key == self.chosen and self.has_focus and bool(text.plain)
        style = self.rich_style + Style.parse(self._palette.chosen) if chosen else self.rich_style
        segments = [Segment("▌" if chosen else " ", style + Style.parse(self._palette.accent))]
        segments += text.render(self.app.console)
        return Strip(segments).adjust_cell_length(width, style).apply_style(style)

    def on_click(self, event: events.Click) -> None:
        """A reaction is given or taken back; a message is marked, and what can be done about it is shown."""
        if (emoji := event.style.meta.get("emoji")) is not None:
            self.post_message(self.Acted("emoji", ("entry", event.style.meta["seq"]), emoji))
            return
        place = self._at(event.y + self.scroll_offset.y)
        item = None if place is None else self._items[place]
        if isinstance(item, Said | Waiting):
            again = item.key == self.chosen
            self.choose(item.key)
            if again:
                self.action_act("menu")
