"""Lines from a pipe, words to complete, passwords from where scripts keep them."""

import io
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from hubbub_client.terminal.entrance import NoEntry
from hubbub_client.terminal.keyboard import PIPE_AHEAD, Pipe, Words
from hubbub_client.terminal.program import read_password
from hubbub_client.terminal.state import last_user, open_store, remember_user


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


def test_a_password_comes_from_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text("first line\nsecond\n")
    monkeypatch.setenv("CHAT_PW", "from outside")
    assert read_password(file, None) == "first line"
    assert read_password(None, "CHAT_PW") == "from outside"
    assert read_password(None, None) is None
    with pytest.raises(NoEntry, match="NOT_THERE"):
        read_password(None, "NOT_THERE")


def test_each_terminal_has_a_file_of_its_own(tmp_path: Path) -> None:
    first, second = (open_store("http://h:1", "issuer:a/b", tmp_path) for _ in range(2))
    assert first.load().device != second.load().device
    assert len(list(tmp_path.glob("*/*.db"))) == 2
    first.close()
    again = open_store("http://h:1", "issuer:a/b", tmp_path)
    remember_user("http://h:1", tmp_path, "alice")
    assert (last_user("http://h:1", tmp_path), last_user("http://h:2", tmp_path)) == ("alice", None)
    for store in (second, again):
        store.close()
