"""How many lines others may cause, and that the rest is told."""

from structlog.testing import capture_logs

from hubbub.runtime.bounded_lines import SAVED_SECONDS, BoundedLines


def taken(lines: BoundedLines, kind: str, tries: int) -> int:
    return sum(lines.take(kind) for _ in range(tries))


def test_each_kind_has_so_many_a_second_and_quiet_seconds_are_saved() -> None:
    lines = BoundedLines(10)
    assert taken(lines, "requests", 1_000) == 10 * SAVED_SECONDS
    assert taken(lines, "connections", 1) == 1
    with capture_logs() as said:
        lines.tick()
    assert [(each["kind"], each["lines"]) for each in said] == [("requests", 1_000 - 10 * SAVED_SECONDS)]
    assert taken(lines, "requests", 1_000) == 10


def test_what_was_told_once_is_not_told_again() -> None:
    lines = BoundedLines(1)
    taken(lines, "requests", 10)
    lines.tick()
    with capture_logs() as said:
        lines.tick()
    assert said == []


def test_nothing_is_left_out_where_there_is_no_bound() -> None:
    assert taken(BoundedLines(0), "requests", 10_000) == 10_000
