"""Standard error that nobody reads holds nobody up."""

import os
import re
from collections.abc import Iterator
from io import TextIOWrapper

import pytest

from hubbub.runtime.standard_error import StandardError

LINE = "x" * 999 + "\n"


def left_out(lines: int) -> str:
    return f"{lines} left out\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIOWrapper]]:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        yield reading, stream
    os.close(reading)


def read_to(reading: int, end: bytes) -> bytes:
    found = b""
    while not found.endswith(end):
        found += os.read(reading, 65_536)
    return found


def test_what_is_written_comes_in_order(pipe: tuple[int, TextIOWrapper]) -> None:
    reading, stream = pipe
    error = StandardError(stream, left_out)
    for number in range(100):
        error.write(f"{number}\n")
    assert read_to(reading, b"\n99\n") == "".join(f"{number}\n" for number in range(100)).encode()
    assert error.drain()


def test_a_reader_that_stopped_costs_lines_and_is_told_how_many(pipe: tuple[int, TextIOWrapper]) -> None:
    """The pipe holds 64 KiB, the bound ten lines more: a write that waits would never come back."""
    reading, stream = pipe
    error = StandardError(stream, left_out, bound=10 * len(LINE))
    lines = 1_000
    while error.drain(seconds=0.2):
        error.write(LINE)
        lines += 1
    for _ in range(1_000):
        error.write(LINE)
    found, told = b"", 0
    while found.count(LINE.encode()) + told < lines:
        found += os.read(reading, 65_536)
        told = sum(map(int, re.findall(rb"(\d+) left out\n", found)))
    assert told > 800


def test_who_went_away_is_no_error(pipe: tuple[int, TextIOWrapper]) -> None:
    _, stream = pipe
    error = StandardError(stream, left_out)
    stream.close()
    error.write(LINE)
    assert error.drain(30)
