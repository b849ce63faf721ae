"""Colours: two themes, and what the transcript takes from them."""

from dataclasses import dataclass
from zlib import crc32

from textual.theme import Theme

DARK = Theme(
    name="hubbub-dark",
    primary="#6cb6c9", secondary="#a7b4c2", accent="#e3a75b", foreground="#d5dbe3", background="#12151a",
    surface="#171b22", panel="#222832", success="#8fbf7f", warning="#e0c06f", error="#e5737c", dark=True,
    variables={"border": "#2c3440", "footer-key-foreground": "#e3a75b", "footer-background": "#171b22", "muted": "#7f8b99",
        "scrollbar": "#2c3440", "scrollbar-hover": "#3d4857", "scrollbar-active": "#6cb6c9", "scrollbar-background": "#12151a",
        "scrollbar-background-hover": "#12151a", "scrollbar-background-active": "#12151a", "scrollbar-corner-color": "#12151a"},
)  # fmt: skip

LIGHT = Theme(
    name="hubbub-light",
    primary="#1b6f83", secondary="#4d5965", accent="#a65a00", foreground="#22272d", background="#fdfcfa",
    surface="#f4f2ed", panel="#e6e2d9", success="#35702b", warning="#7d5a00", error="#b3232f", dark=False,
    variables={"border": "#d3cec2", "footer-key-foreground": "#a65a00", "footer-background": "#f4f2ed", "muted": "#6d7681",
        "scrollbar": "#d3cec2", "scrollbar-hover": "#b9b2a3", "scrollbar-active": "#1b6f83", "scrollbar-background": "#fdfcfa",
        "scrollbar-background-hover": "#fdfcfa", "scrollbar-background-active": "#fdfcfa", "scrollbar-corner-color": "#fdfcfa"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    """Rich styles for what is painted line by line. `people`: one of these colours for each user, always the same."""

    text: str
    dim: str
    accent: str
    good: str
    bad: str
    link: str
    chip: str
    chip_mine: str
    chosen: str
    people: tuple[str, ...]

    def person(self, user: str) -> str:
        """The colour of a user's name."""
        return f"bold {self.people[crc32(user.encode()) % len(self.people)]}"


FOR_DARK = Palette(
    text="#d5dbe3", dim="#7f8b99", accent="#e3a75b", good="#8fbf7f", bad="#e5737c", link="underline #6cb6c9",
    chip="#d5dbe3 on #222832", chip_mine="bold #12151a on #e3a75b", chosen="on #1f2733",
    people=("#6cb6c9", "#8fbf7f", "#d69ac7", "#e0c06f", "#8fa8e8", "#e59a7a", "#7fc9ac", "#c4a3e8"),
)  # fmt: skip

FOR_LIGHT = Palette(
    text="#22272d", dim="#6d7681", accent="#a65a00", good="#35702b", bad="#b3232f", link="underline #1b6f83",
    chip="#22272d on #e6e2d9", chip_mine="bold #fdfcfa on #a65a00", chosen="on #ece8dd",
    people=("#1b6f83", "#35702b", "#8c3d7c", "#7d5a00", "#3a55a8", "#a1461c", "#17705a", "#6a43a3"),
)  # fmt: skip
