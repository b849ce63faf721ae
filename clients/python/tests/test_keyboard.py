"""Lines from a pipe, words to complete, passwords from where scripts keep them."""

import io

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from hubbub_client.terminal.plain.keyboard import PIPE_AHEAD, Pipe, Words


async def test_a_pipe_gives_its_lines_and_ends() -> None:
    pipe = Pipe(io.StringIO("one\r\n\nthree"))
    assert await pipe.ask("?") == "one"
    assert [line async for line in pipe.lines()] == ["", "three"]
    with pytest.raises(EOFError):
        await Pipe(io.StringIO("")).ask("?")


async def test_a_long_pipe_is_not_swallowed_whole() -> None:
    source = io.StringIO("x\n" * (3 * PIPE_AHEAD))
    pipe = Pipe(source)
    await pipe.ask("?")
    assert pipe._lines.qsize() <= PIPE_AHEAD
    assert len([line async for line in pipe.lines()]) == 3 * PIPE_AHEAD - 1


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("/fri", ["/friend", "/friends"]),
        ("/open lo", ["lobby", "Lounge"]),
        ("/open @b", ["@bob"]),
        ("/invite b", ["@bob"]),
        ("hello lo", []),
    ],
)
def test_words_are_completed(before: str, offered: list[str]) -> None:
    words = Words(["/friends", "/friend", "/help"], lambda: ["lobby", "Lounge", "@bob"])
    found = words.get_completions(Document(before), CompleteEvent())
    assert [completion.text for completion in found] == offered
