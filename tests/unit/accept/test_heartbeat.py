"""The timing wheel against a plain list of deadlines."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.accept.heartbeat import BUCKETS, TimingWheel


class Watched:
    """Wants to be looked at again after the pauses given, then no more."""

    def __init__(self, wheel: TimingWheel, *pauses: int) -> None:
        self.due = -1
        self.wheel = wheel
        self.pauses = list(pauses)
        self.looked: list[int] = []

    def look(self, tick: int) -> int | None:
        assert tick == self.wheel.now
        self.looked.append(tick)
        return self.pauses.pop(0) if self.pauses else None


def advance(wheel: TimingWheel, ticks: int) -> None:
    for _ in range(ticks):
        wheel.advance()


def test_it_is_looked_at_when_asked_and_then_when_it_says() -> None:
    wheel = TimingWheel(100)
    watched = Watched(wheel, 3, 1)
    wheel.watch(watched, 2)
    advance(wheel, 20)
    assert watched.looked == [2, 5, 6]
    assert watched.due == -1


def test_an_earlier_turn_replaces_a_later_one_and_a_later_one_an_earlier_one() -> None:
    wheel = TimingWheel(100)
    sooner, later = Watched(wheel), Watched(wheel)
    wheel.watch(sooner, 10)
    wheel.watch(sooner, 2)
    wheel.watch(later, 2)
    wheel.watch(later, 10)
    advance(wheel, 20)
    assert (sooner.looked, later.looked) == ([2], [10])


def test_a_turn_beyond_the_wheel_comes_early_so_that_it_can_be_put_off() -> None:
    wheel = TimingWheel(100)
    watched = Watched(wheel)
    wheel.watch(watched, 10 * BUCKETS)
    advance(wheel, BUCKETS)
    assert watched.looked == [BUCKETS - 1]


def test_what_was_lost_meanwhile_is_passed_over() -> None:
    wheel = TimingWheel(100)
    watched = Watched(wheel)
    wheel.watch(watched, 3)
    watched.due = -1
    advance(wheel, 2 * BUCKETS)
    assert watched.looked == []


def test_seconds_become_ticks_at_least_one() -> None:
    wheel = TimingWheel(250)
    assert [wheel.ticks(seconds) for seconds in (0, 0.1, 0.25, 1, 30)] == [1, 1, 1, 4, 120]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(0, 60)), max_size=40))
def test_every_deadline_is_met_to_the_tick(steps: list[tuple[int, int, int]]) -> None:
    wheel = TimingWheel(100)
    watched = [Watched(wheel) for _ in range(4)]
    due: dict[int, int] = {}
    met: list[tuple[int, int]] = []
    for who, ticks, pause in steps:
        wheel.watch(watched[who], ticks)
        due[who] = wheel.now + ticks
        for _ in range(pause):
            wheel.advance()
            met += [(each, wheel.now) for each, at in due.items() if at == wheel.now]
            due = {each: at for each, at in due.items() if at != wheel.now}
    assert sorted(met) == sorted((who, tick) for who, each in enumerate(watched) for tick in each.looked)
