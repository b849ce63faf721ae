"""What a transcript shows, from top to bottom, and how it is painted."""

from datetime import UTC

import pytest
from clients.python.tests.scene import DAY, MINUTE, NOON, joined, room, said
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hubbub_client.events import Entry, Reaction, Renamed
from hubbub_client.terminal.app.painting import paint
from hubbub_client.terminal.app.palette import FOR_DARK
from hubbub_client.terminal.desk.chat import Chat, Fate, Pending
from hubbub_client.terminal.desk.items import Item, Notice, Rule, Said, Waiting, items


def chat(*entries: Entry) -> Chat:
    chat = Chat.of(room("r1", "lobby"), "alice")
    for entry in entries:
        chat.log.add(entry)
    return chat


def read(chat: Chat, *, blocked: tuple[str, ...] = (), online: bool = True) -> list[Item]:
    return items(chat, "alice", NOON, blocked=frozenset(blocked), online=online, zone=UTC)


def kinds(found: list[Item]) -> list[str]:
    return [type(item).__name__ for item in found]


def test_days_are_named() -> None:
    days = (-400, -2, -1, 0)
    found = read(chat(*[said("r1", at + 1, "bob", "x", day * DAY // MINUTE) for at, day in enumerate(days)]))
    assert [item.text for item in found if isinstance(item, Rule)] == [
        "Monday, 20 October 2025", "Sunday, 22 November", "yesterday, Monday, 23 November",
        "today, Tuesday, 24 November",
    ]  # fmt: skip


def test_one_name_stands_over_what_is_said_together() -> None:
    found = read(chat(
        said("r1", 1, "bob", "a", 0), said("r1", 2, "bob", "b", 1), said("r1", 3, "carol", "c", 1),
        said("r1", 4, "carol", "d", 9), joined("r1", 5, "dave", 9), said("r1", 6, "carol", "e", 9),
    ))  # fmt: skip
    named = [item.named for item in found if isinstance(item, Said)]
    assert named == [True, False, True, True, True]


def test_what_is_new_begins_with_a_line() -> None:
    told = chat(
        said("r1", 1, "bob", "old", 0), said("r1", 2, "alice", "mine", 0), said("r1", 3, "bob", "new", 0)
    )
    told.new_after = 1
    found = read(told)
    at = next(place for place, item in enumerate(found) if isinstance(item, Rule) and item.fresh)
    assert getattr(found[at + 1], "message").seq == 3  # noqa: B009 (an item of a union)
    told.new_after = 3
    assert not [item for item in read(told) if isinstance(item, Rule) and item.fresh]


def test_the_beginning_is_told_or_that_there_is_more() -> None:
    some = chat(said("r1", 7, "bob", "x", 0))
    assert isinstance(read(some)[0], Notice)
    some.log.whole = True
    assert read(some)[0] == Rule(("top", 0), "the beginning of lobby")


def test_who_is_blocked_is_not_read() -> None:
    told = chat(said("r1", 1, "mallory", "buy", 0), said("r1", 2, "bob", "no", 0, reply_to=1))
    found = read(told, blocked=("mallory",))
    assert "buy" not in repr(found)
    assert kinds(found)[-2:] == ["Notice", "Said"]


def test_replies_quote_what_is_here() -> None:
    found = read(chat(said("r1", 4, "bob", "tea?\nnow?", 0), said("r1", 5, "carol", "yes", 0, reply_to=4),
                      said("r1", 6, "carol", "and", 0, reply_to=1)))  # fmt: skip
    assert [item.answered for item in found if isinstance(item, Said)] == [
        None, ("bob", "tea? now?"), ("", "message #1"),
    ]  # fmt: skip


def test_fates_are_told_of_ones_own_and_read_in_words_once() -> None:
    told = chat(*[said("r1", seq, "alice", "x", 0) for seq in (1, 2, 3, 4)], said("r1", 5, "bob", "y", 0))
    told.marks["bob"] = (3, 2)
    shown = [(item.fate, item.newest_read) for item in read(told) if isinstance(item, Said)]
    assert shown == [
        (Fate.READ, False), (Fate.READ, True), (Fate.DELIVERED, False), (Fate.SENT, False), (None, False),
    ]  # fmt: skip


def test_what_is_on_its_way_stands_at_the_end() -> None:
    told = chat(said("r1", 1, "alice", "x", 0))
    told.pending += [Pending("a", "going", NOON), Pending("b", "refused", NOON, trouble="Too long.")]
    waiting = [item for item in read(told, online=False) if isinstance(item, Waiting)]
    assert [(item.offline, item.trouble) for item in waiting] == [(True, ""), (True, "Too long.")]
    text = painted(waiting)
    assert "waits for the connection" in text
    assert "! Too long. r tries again" in text


def painted(found: list[Item], width: int = 60) -> str:
    return "\n".join(line.plain for item in found for line in paint(item, width, FOR_DARK, "alice"))


def test_notices_and_marks() -> None:
    text = painted(read(chat(
        joined("r1", 1, "bob", 0), Renamed(chat="r1", seq=2, ts=NOON, sender="bob", name="hall"),
        said("r1", 3, "bob", "[red]x[/red] :smile:", 0, edited=4, reactions={"👍": Reaction(count=2, mine=True)}),
        said("r1", 5, "bob", None, 0, deleted=True),
    )))  # fmt: skip
    for part in ("· bob joined", "· bob called this room hall", "bob  12:00", "[red]x[/red] :smile: (edited)", "👍 2",
                 "message deleted"):  # fmt: skip
        assert part in text


ANY = st.characters(exclude_categories=["Cs"])  # neither codec lets an unpaired surrogate through


@given(st.text(ANY, max_size=300), st.integers(12, 90))
def test_no_line_is_wider_than_there_is_room(content: str, width: int) -> None:
    told = chat(said("r1", 1, content or "x", content, 0, reactions={content[:8] or "x": Reaction(count=1)}),
                said("r1", 2, "alice", "y", 0, reply_to=1))  # fmt: skip
    told.pending.append(Pending("a", content, NOON, trouble=content))
    for item in read(told):
        for line in paint(item, width, FOR_DARK, "alice"):
            assert cell_len(line.plain) <= width
            assert "\n" not in line.plain


@pytest.mark.parametrize("content", ["https://example.org/a_(b)?c=d.", "`code`", "hey @alice"])
def test_what_stands_out_is_text_all_the_same(content: str) -> None:
    assert content in painted(read(chat(said("r1", 1, "bob", content, 0))))
