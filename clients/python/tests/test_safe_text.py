import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hubbub_client.terminal.safe_text import STACKED_MAX, cut, harmless, one_line

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(st.characters()))
def test_no_command_and_no_turn_gets_through(text: str) -> None:
    for character in harmless(text).replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cs")
        assert unicodedata.bidirectional(character) not in TURNING


@given(st.text(st.characters()))
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert len(cut(text, 10)) <= 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\ufffd]0;owned\ufffd"),
        ("\x9b2J", "\ufffd2J"),
        ("a\u202eb", "a\ufffdb"),
        ("one\r\ntwo\u2028three\x85four", "one\ntwo\nthree\nfour"),
        ("a\tb", "a    b"),
        ("[red]not red[/red]", "[red]not red[/red]"),
        ("in\u200bvi\u00adsible\ufeff", "invisible"),
    ],
)
def test_what_is_shown_instead(text: str, shown: str) -> None:
    assert harmless(text) == shown


@pytest.mark.parametrize(
    ("text", "shown", "width"),
    [
        ("漢字", "漢字", 4),
        ("👩\u200d💻", "👩💻", 4),
        ("👍🏽", "👍", 2),
        ("❤\ufe0f", "❤", 1),
        ("🇩🇪", "🇩🇪", 2),
        ("e\u0301", "e\u0301", 1),
    ],
)
def test_it_is_as_wide_as_every_terminal_thinks(text: str, shown: str, width: int) -> None:
    """Terminals disagree on the emoji of the left column, and agree on what is shown for them."""
    assert harmless(text) == shown
    assert cell_len(harmless(text)) == width


def test_marks_do_not_climb_over_other_lines() -> None:
    assert len(harmless("z" + "\u0310" * 50)) == 1 + STACKED_MAX
