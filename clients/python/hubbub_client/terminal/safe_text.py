"""Text of other people, shown and never obeyed, and as wide as it is counted. Pure.

A terminal takes control characters for commands and directional marks for a turn of the whole line, so both are
replaced. Terminals disagree on how wide an emoji of several characters is, and one that counts otherwise tears the line,
so such an emoji is shown in the parts that all of them agree on: joined ones side by side, skin tones and styles left out.
"""

import unicodedata

TAB = "    "
STACKED_MAX = 3
"""Combining marks on one character: what living languages need; more climb over the lines around."""

_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = str.maketrans({"\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\t": TAB})
_JOINING = frozenset("\u200b\u200d\u2060\ufeff\u00ad")
_REPLACED = frozenset({"Cc", "Cs", "Co"})


def harmless(text: str) -> str:
    """Any text, line breaks kept, safe to print and of a width every terminal agrees on."""
    shown, stacked = [], 0
    for character in text.replace("\r\n", "\n").translate(_BREAKS):
        combining = unicodedata.combining(character) != 0
        stacked = stacked + 1 if combining else 0
        if stacked <= STACKED_MAX:
            shown.append(_shown(character))
    return "".join(shown)


def one_line(text: str) -> str:
    """The same on one line, for names and quotes."""
    return " ".join(harmless(text).split())


def cut(text: str, length: int) -> str:
    """At most so many characters of one line."""
    line = one_line(text)
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _shown(character: str) -> str:
    if character == "\n" or " " <= character <= "~":
        return character
    if character in _JOINING or _styles(ord(character)):
        return ""
    hidden = character in _TURNING or unicodedata.category(character) in _REPLACED
    return "\N{REPLACEMENT CHARACTER}" if hidden else character


def _styles(code: int) -> bool:
    """Variation selectors, skin tones and invisible tags: they change how the character before them is drawn."""
    return 0xFE00 <= code <= 0xFE0F or 0x1F3FB <= code <= 0x1F3FF or 0xE0000 <= code <= 0xE01EF
