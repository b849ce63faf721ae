"""An entry comes back from its row as it was."""

from copy import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.model.entries import Deleted, Edited, Entry, MemberChanged, Message, Reacted, Reaction, Renamed
from hubbub.persist.rows import COLUMNS, entry_of, row_of

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
seqs = st.integers(1, 2**53)
head = {"chat": texts, "seq": seqs, "ts": seqs, "sender": texts}


def private(message: Message) -> Message:
    message = copy(message)
    message.to = message.chat if message.msg_type == "group" else message.to
    return message


entries: st.SearchStrategy[Entry] = st.one_of(
    st.builds(Message, **head, msg_id=texts, msg_type=st.sampled_from(["group", "private"]), to=texts, content=texts,
              reply_to=st.none() | seqs).map(private),
    st.builds(Edited, **head, target=seqs, content=texts),
    st.builds(Edited, **head, target=seqs, content=st.none(), deleted=st.just(value=True)),
    st.builds(Deleted, **head, target=seqs),
    st.builds(Reacted, **head, target=seqs, emoji=texts, on=st.booleans()),
    st.builds(MemberChanged, **head, user=texts, change=st.sampled_from(["joined", "kicked"])),
    st.builds(MemberChanged, **head, user=texts, change=st.just("muted"), until=st.integers(0, 2**53)),
    st.builds(MemberChanged, **head, user=texts, change=st.just("role"), role=st.sampled_from(["owner", "member"])),
    st.builds(Renamed, **head, name=texts),
)  # fmt: skip


@given(entries, st.integers(0, 2**40))
def test_a_row_gives_its_entry_again(entry: Entry, ordinal: int) -> None:
    row = row_of(entry, ordinal)
    assert len(row) == len(COLUMNS)
    assert row[4] == ordinal
    assert entry_of(row) == entry


def stored(**changed: object) -> tuple[object, ...]:
    message = Message(chat="r", seq=5, ts=1, sender="a", msg_id="m", msg_type="group", to="r", content="old")
    fields = dict(zip(COLUMNS, row_of(message, 1), strict=True)) | changed
    return tuple(fields[name] for name in COLUMNS)


def test_a_message_is_given_as_it_is_now() -> None:
    given = {"x": Reaction(count=1, mine=True)}
    entry = entry_of(stored(content="new", edited=7, as_of=8), given)
    assert isinstance(entry, Message)
    assert (entry.content, entry.edited, entry.as_of, entry.reactions) == ("new", 7, 8, given)


@pytest.mark.parametrize("edited", [None, 7])
def test_an_erased_message_says_nothing_but_that(edited: int | None) -> None:
    row = stored(content=None, edited=edited, deleted=1, as_of=9)
    entry = entry_of(row, {"x": Reaction(count=1, mine=False)})
    assert isinstance(entry, Message)
    assert (entry.content, entry.edited, entry.reactions, entry.deleted, entry.as_of) == (
        None,
        None,
        None,
        True,
        9,
    )
