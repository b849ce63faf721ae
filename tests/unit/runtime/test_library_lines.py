"""What libraries say, in our log: once a minute each, whatever they say it about."""

import logging
import sys
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hubbub.runtime.library_lines import EVERY_SECONDS, KEPT, LibraryLines


class Library:
    """A library's own logger, and what came of it."""

    def __init__(self, name: str, lines: list[EventDict]) -> None:
        self.now = 0.0
        self.lines = lines
        self.logger = logging.getLogger(name)
        self.logger.propagate = False
        self.logger.handlers = [LibraryLines(lambda: self.now)]

    def heard(self) -> list[tuple[str, int]]:
        """Messages, and how often each had come again."""
        return [(line["event"], line["repeated"]) for line in self.lines]


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Iterator[Library]:
    with capture_logs() as lines:
        yield Library(f"library.{request.node.name}", lines)


def test_what_is_said_is_a_line_with_whose_it_is(library: Library) -> None:
    library.logger.warning("%s is slow", "the disk")
    [line] = library.lines
    assert line["event"] == "the disk is slow"
    assert (line["log.logger"], line["log_level"]) == (library.logger.name, "warning")


def test_a_library_that_says_it_all_the_time_has_a_line_a_minute_that_counts(library: Library) -> None:
    for number in range(5):
        library.logger.error("retry %d", number)
        library.logger.error("given up")
    library.now = EVERY_SECONDS - 0.1
    library.logger.error("retry 6")
    library.now = EVERY_SECONDS
    library.logger.error("retry %d", 7)
    library.logger.error("retry %d", 8)
    assert library.heard() == [("retry 0", 0), ("given up", 0), ("retry 6", 0), ("retry 7", 4)]


def test_an_error_is_told_with_where_it_happened(library: Library) -> None:
    try:
        int("x")
    except ValueError:
        library.logger.exception("no number")
    [line] = library.lines
    assert line["exc_info"][0] is ValueError
    assert sys.exc_info()[0] is None


def test_what_is_remembered_is_bounded(library: Library) -> None:
    for number in range(KEPT + 1):
        library.logger.warning(f"thing {number}")  # noqa: G004 - a library that formats for itself
    library.logger.warning("thing 0")
    library.logger.warning(f"thing {KEPT}")  # noqa: G004
    assert [event for event, _ in library.heard()][-1] == "thing 0"
