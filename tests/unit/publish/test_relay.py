"""The relay: what is committed goes out at once and in order; what a crash left is announced by its range."""

from collections.abc import Sequence

from hubbub.model.chats import GROUP, Chat
from hubbub.model.entries import Message
from hubbub.model.proposals import Committed
from hubbub.publish.relay import LEFT_BEHIND_MS, Range, Relay


class Rows:
    """An outbox in memory."""

    def __init__(self, left: list[Range]) -> None:
        self.left = left
        self.marked: list[Range] = []
        self.asked: list[int] = []

    def sent(self, ranges: Sequence[Range]) -> None:
        self.marked.extend(ranges)

    async def flush(self) -> None:
        self.left = [each for each in self.left if each not in self.marked]

    async def left_behind(self, before: int) -> list[Range]:
        self.asked.append(before)
        return self.left


def committed(chat: str, *seqs: int) -> Committed:
    entries = [
        Message(chat=chat, seq=seq, sender="a", msg_id="m", msg_type=GROUP, to=chat, content="x")
        for seq in seqs
    ]
    return Committed(chat=Chat(id=chat, msg_type=GROUP), entries=entries, ordinals=list(seqs))


def test_what_is_committed_is_heard_in_order_and_its_rows_are_sent() -> None:
    heard: list[Committed] = []
    rows = Rows([])
    batch = [committed("r1", 5, 6), committed("p1"), committed("r2", 1)]
    Relay(heard.extend, rows, lambda *_: None).publish(batch)
    assert heard == batch
    assert rows.marked == [("r1", 5, 6), ("r2", 1, 1)]


async def test_what_was_left_behind_is_announced_by_its_end_and_only_once() -> None:
    hints: list[tuple[str, int]] = []
    rows = Rows([("r1", 3, 7), ("r2", 1, 1)])
    relay = Relay(lambda _: None, rows, lambda *each: hints.append(each))
    assert [await relay.recover(50_000), await relay.recover(50_000)] == [2, 0]
    assert hints == [("r1", 7), ("r2", 1)]
    assert rows.asked == [50_000 - LEFT_BEHIND_MS] * 2
