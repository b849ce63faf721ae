"""Items of a transcript as coloured lines of a width. Pure; what people wrote is text and never markup."""

import re
from functools import singledispatch

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from hubbub_client.events import Message
from hubbub_client.terminal.app.palette import Palette
from hubbub_client.terminal.desk.chat import Fate
from hubbub_client.terminal.desk.items import Item, Notice, Rule, Said, Waiting
from hubbub_client.terminal.safe_text import harmless, one_line

INDENT = "  "
_CONSOLE = Console(width=80, color_system=None, legacy_windows=False, force_terminal=False)
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_CODE = re.compile(r"`[^`\n]+`")
_SIGNS = {Fate.SENT: ("✓", "dim"), Fate.DELIVERED: ("✓✓", "dim"), Fate.READ: ("✓✓", "good")}


def paint(item: Item, width: int, palette: Palette, me: str) -> list[Text]:
    """The lines of an item, none wider than `width` cells."""
    return _lines(item, max(width, len(INDENT) + 2), palette, me)


@singledispatch
def _lines(item: object, width: int, palette: Palette, me: str) -> list[Text]:
    raise TypeError(type(item).__name__)


@_lines.register
def _rule(item: Rule, width: int, palette: Palette, me: str) -> list[Text]:
    style = palette.accent if item.fresh else palette.dim
    text = Text(f" {one_line(item.text)} ", style=f"bold {style}" if item.fresh else style)
    text.truncate(max(width - 4, 1), overflow="ellipsis")
    left = max((width - text.cell_len) // 2, 0)
    right = max(width - text.cell_len - left, 0)
    return [Text(), Text.assemble(("─" * left, style), text, ("─" * right, style))]


@_lines.register
def _notice(item: Notice, width: int, palette: Palette, me: str) -> list[Text]:
    return _folded(Text(f"· {one_line(item.text)}", style=f"italic {palette.dim}"), width)


@_lines.register
def _said(item: Said, width: int, palette: Palette, me: str) -> list[Text]:
    message = item.message
    lines = _name(message.sender, item.time, width, palette) if item.named else []
    if item.answered is not None:
        lines.append(_quote(*item.answered, width, palette))
    lines += _folded(_content(item, palette, me), width)
    if message.reactions and not message.deleted:
        lines += _folded(_reactions(message, palette), width)
    return lines


@_lines.register
def _waiting(item: Waiting, width: int, palette: Palette, me: str) -> list[Text]:
    lines = _name(item.sender, item.time, width, palette) if item.named else []
    text = Text(harmless(item.content), style=palette.dim)
    if item.trouble:
        lines += _folded(text, width)
        return lines + _folded(
            Text(f"! {one_line(item.trouble)} r tries again, d takes it back", palette.bad), width
        )
    return lines + _folded(
        text.append(" … waits for the connection" if item.offline else " …", palette.accent), width
    )


def _name(user: str, time: str, width: int, palette: Palette) -> list[Text]:
    name = Text.assemble((one_line(user), palette.person(user)), (f"  {time}", palette.dim))
    name.truncate(width, overflow="ellipsis")
    return [Text(), name]


def _quote(sender: str, said: str, width: int, palette: Palette) -> Text:
    line = Text.assemble(f"{INDENT}┌ ", (f"{sender}: " if sender else "", "bold"), said, style=palette.dim)
    line.truncate(width, overflow="ellipsis")
    return line


def _content(item: Said, palette: Palette, me: str) -> Text:
    message = item.message
    if message.deleted or message.content is None:
        return Text("message deleted", style=f"italic {palette.dim}")
    text = Text(harmless(message.content), style=palette.text)
    text.highlight_regex(_LINK, style=palette.link)
    text.highlight_regex(_CODE, style=palette.accent)
    text.highlight_regex(
        re.compile(rf"(?<![\w@.-])@{re.escape(me)}(?![\w-])", re.IGNORECASE), f"bold {palette.accent}"
    )
    if message.edited:
        text.append(" (edited)", style=palette.dim)
    if item.fate is not None:
        sign, style = _SIGNS[item.fate]
        text.append(f" {sign}{' read' if item.newest_read else ''}", style=getattr(palette, style))
    return text


def _reactions(message: Message, palette: Palette) -> Text:
    line = Text()
    for emoji, reaction in message.reactions.items():
        chip = Text(
            f" {one_line(emoji)} {reaction.count} ",
            style=palette.chip_mine if reaction.mine else palette.chip,
        )
        chip.stylize(Style.from_meta({"emoji": emoji, "seq": message.seq}))
        line.append_text(chip).append(" ")
    line.rstrip()
    return line


def _folded(text: Text, width: int) -> list[Text]:
    """Wrapped between words, and within those that are too long; indented."""
    room = width - cell_len(INDENT)
    lines = [line for piece in text.split("\n", allow_blank=True) for line in piece.wrap(_CONSOLE, room)]
    return [Text(INDENT).append_text(line) for line in lines]
