"""One run of entries without holes: newer ones at the end, older ones in pages before it."""

from clients.python.tests.scene import joined, said

from hubbub_client.events import Edited, Entry
from hubbub_client.terminal.desk.log import Log


def entries(first: int, last: int) -> list[Entry]:
    return [said("r1", seq, "bob", f"{seq}", seq) for seq in range(first, last + 1)]


def seqs(log: Log) -> list[int]:
    return [shown.seq for shown in log]


def test_pages_come_before_what_is_here() -> None:
    log = Log("alice")
    for entry in entries(8, 9):
        log.add(entry)
    log.add_page(entries(4, 7), more=True)
    assert (log.first, log.last, log.whole) == (4, 9, False)
    log.add_page([joined("r1", 1, "bob", 0), *entries(2, 3)], more=False)
    assert seqs(log) == list(range(1, 10))
    assert (log.first, log.whole) == (1, True)


def test_what_is_here_already_changes_nothing() -> None:
    """The newest page may hold what the live flow is about to bring, in a later form than it will bring it."""
    log = Log("alice")
    page = [said("r1", 1, "bob", "first", 0, edited=2, as_of=2)]
    log.add_page([*page, Edited(chat="r1", seq=2, ts=0, sender="bob", target=1, content="first")], more=False)
    log.add(said("r1", 1, "bob", "frist", 0))
    log.add(Edited(chat="r1", seq=2, ts=0, sender="bob", target=1, content="first"))
    assert [getattr(shown, "content", "") for shown in log] == ["first"]
    assert log.last == 2


def test_what_is_oldest_goes_when_there_is_too_much() -> None:
    log = Log("alice", kept=3)
    log.add_page(entries(1, 2), more=False)
    for entry in entries(3, 5):
        log.add(entry)
    assert seqs(log) == [3, 4, 5]
    assert (log.first, log.whole, log.full, log.message(2)) == (3, False, True, None)
