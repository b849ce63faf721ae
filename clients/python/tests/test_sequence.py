"""Whatever is lost, doubled or announced on the way: the view is one contiguous run, or its restart was announced."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub_client.sequence import CATCH_UP_MAX, HELD_MAX, Action, Fetch, PassOn, Sequencer, StartAnew
from hubbub_client.wire.entries import UnknownEntry


def entry(seq: int, chat: str = "c") -> UnknownEntry:
    return UnknownEntry(chat=chat, seq=seq)


def passed(actions: list[Action]) -> list[int]:
    return [action.entry.seq for action in actions if isinstance(action, PassOn)]


def fetches(actions: list[Action]) -> list[Fetch]:
    return [action for action in actions if isinstance(action, Fetch)]


def test_next_duplicate_and_gap() -> None:
    order = Sequencer({"c": 3})
    assert order.entry(entry(4)) == [PassOn(entry(4))]
    assert order.entry(entry(4)) == []
    assert order.entry(entry(6)) == [Fetch("c")]
    assert order.entry(entry(7)) == []  # one page at a time
    assert passed(order.page("c", [entry(5), entry(6)])) == [5, 6, 7]
    assert order.cursors() == {"c": 7}


def test_a_page_may_run_ahead_of_the_pushes() -> None:
    order = Sequencer({"c": 1})
    order.entry(entry(3))
    assert passed(order.page("c", [entry(2), entry(3), entry(4)])) == [2, 3, 4]
    assert order.entry(entry(4)) == []


def test_a_page_that_brings_nothing_is_tried_again_later_and_later() -> None:
    order = Sequencer({"c": 1})
    assert order.entry(entry(3)) == [Fetch("c", tries=0)]
    assert order.page("c", []) == [Fetch("c", tries=1)]
    assert order.fetch_failed("c") == [Fetch("c", tries=2)]
    assert order.page("c", [entry(2)])[-1] == PassOn(entry(3))


def test_resync_is_fetched_up_to_the_live_flow() -> None:
    order = Sequencer({"c": 5})
    assert order.resync("c", 5, 10, reset=False) == [Fetch("c")]
    assert order.entry(entry(10)) == []
    assert passed(order.page("c", map(entry, range(6, 10)))) == [6, 7, 8, 9, 10]


def test_resync_of_what_is_here_already_is_nothing() -> None:
    assert Sequencer({"c": 9}).resync("c", 4, 10, reset=False) == []


def test_reset_starts_anew() -> None:
    order = Sequencer({"c": 50})
    assert order.resync("c", 0, 3, reset=True) == [StartAnew("c", 0), Fetch("c")]
    assert passed(order.page("c", [entry(1), entry(2)])) == [1, 2]


def test_what_is_void_starts_from_the_first_entry() -> None:
    order = Sequencer({"c": 50})
    order.entry(entry(52))
    assert order.void() == [StartAnew("c", 0)]
    assert order.entry(entry(2)) == [Fetch("c")]
    assert passed(order.page("c", [entry(1)])) == [1, 2]


def test_too_far_behind_starts_anew_near_the_head() -> None:
    order = Sequencer({"c": 5})
    head = 5 + CATCH_UP_MAX + 1
    assert order.resync("c", 5, head + 1, reset=False) == [StartAnew("c", 6), Fetch("c")]


def test_a_new_chat_starts_after_its_head_and_a_known_one_catches_up() -> None:
    order = Sequencer()
    assert order.follow("c", 7) == []
    assert order.entry(entry(8)) == [PassOn(entry(8))]
    assert order.follow("c", 10) == [Fetch("c")]


def test_a_chat_nobody_announced_starts_with_its_first_entry() -> None:
    assert Sequencer().entry(entry(12)) == [PassOn(entry(12))]


def test_a_forgotten_chat_starts_again() -> None:
    order = Sequencer({"c": 5})
    order.entry(entry(9))
    order.forget("c")
    assert order.page("c", [entry(6)]) == []
    assert order.follow("c", 20) == []
    assert order.entry(entry(21)) == [PassOn(entry(21))]


def test_what_is_held_back_is_bounded_and_nothing_is_lost_by_it() -> None:
    order, head = Sequencer({"c": 0}), 3 * HELD_MAX
    actions = [action for seq in range(2, head + 1) for action in order.entry(entry(seq))]
    view: list[int] = []
    while fetches(actions):
        after = order.cursors()["c"]
        actions = order.page("c", map(entry, range(after + 1, min(after + 300, head) + 1)))
        view += passed(actions)
    assert view == list(range(1, head + 1))


class Stage:
    """A server's log, a lossy way to the client, and what the client's application has seen."""

    def __init__(self) -> None:
        self.head = 0
        self.start = 0
        self.view: list[int] = []
        self.asked: list[Fetch] = []
        self.order = Sequencer({"c": 0})

    def do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case PassOn(passed_on):
                    assert passed_on.seq == self.start + len(self.view) + 1
                    self.view.append(passed_on.seq)
                case StartAnew(after=after):
                    self.start, self.view = after, []
                case Fetch():
                    self.asked.append(action)

    def say(self) -> None:
        self.head += 1
        self.do(self.order.entry(entry(self.head)))

    def lose(self) -> None:
        self.head += 1

    def repeat(self) -> None:
        for seq in range(max(1, self.head - 3), self.head + 1):
            self.do(self.order.entry(entry(seq)))

    def note(self) -> None:
        self.head += 1
        self.do(self.order.noted("c", self.head))

    def resync(self) -> None:
        self.do(self.order.resync("c", max(0, self.head - 5), self.head + 1, reset=False))

    def reset(self) -> None:
        self.do(self.order.resync("c", self.head // 2, self.head + 1, reset=True))

    def answer(self) -> None:
        if self.asked:
            self.asked.pop(0)
            after = self.order.cursors()["c"]
            self.do(self.order.page("c", map(entry, range(after + 1, min(after + 3, self.head) + 1))))

    def fail(self) -> None:
        if self.asked:
            self.asked.pop(0)
            self.do(self.order.fetch_failed("c"))

    def reconnect(self) -> None:
        self.order.disconnected()
        self.asked.clear()
        cursor = self.order.cursors()["c"]
        if self.head - cursor > 4:
            self.do(self.order.resync("c", cursor, self.head + 1, reset=False))
        else:
            for seq in range(cursor + 1, self.head + 1):
                self.do(self.order.entry(entry(seq)))


SCENES: list[Callable[[Stage], None]] = [
    Stage.say, Stage.lose, Stage.repeat, Stage.note, Stage.resync, Stage.reset, Stage.answer, Stage.fail,
    Stage.reconnect,
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(SCENES), max_size=80))
def test_the_view_is_always_contiguous_and_ends_complete(scenes: list[Callable[[Stage], None]]) -> None:
    stage = Stage()
    for scene in scenes:
        scene(stage)
    stage.say()  # the next live entry shows what was lost before it
    while stage.asked:
        stage.answer()
    assert stage.view == list(range(stage.start + 1, stage.head + 1))
