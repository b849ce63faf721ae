import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dispatch.limits import UNTOLD, SharedBuckets, TokenBuckets

STEPS = st.lists(st.tuples(st.integers(0, 5_000), st.floats(0.1, 5)), max_size=60)
NODES = 3
TELL_EVERY = 250  # ms
VISITS = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, 400), st.integers(1, 30)), max_size=80)


def test_a_burst_passes_and_the_next_one_waits_for_one_token() -> None:
    buckets = TokenBuckets(rate=2, burst=3)
    assert [buckets.take("a", 1, 0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_waiting_as_told_is_enough() -> None:
    buckets = TokenBuckets(rate=2, burst=1)
    buckets.take("a", 1, 0)
    wait = buckets.take("a", 1, 100)
    assert wait == 0.4
    assert buckets.take("a", 1, 100 + int(wait * 1000)) == 0.0


def test_keys_do_not_share() -> None:
    buckets = TokenBuckets(rate=1, burst=1)
    assert buckets.take("a", 1, 0) == 0.0
    assert buckets.take("b", 1, 0) == 0.0


def test_a_rate_of_zero_is_no_limit_and_takes_no_memory() -> None:
    buckets = TokenBuckets(rate=0, burst=1)
    assert all(buckets.take("a", 1, 0) == 0.0 for _ in range(100))
    assert len(buckets) == 0


def test_what_is_given_back_can_be_taken_again_but_never_beyond_the_burst() -> None:
    buckets = TokenBuckets(rate=1, burst=2)
    buckets.take("a", 1, 0)
    buckets.give("a", 5)
    buckets.give("unknown", 5)
    assert [buckets.take("a", 1, 0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_a_clock_that_steps_back_neither_refills_nor_punishes() -> None:
    buckets = TokenBuckets(rate=1, burst=1)
    assert buckets.take("a", 1, 10_000) == 0.0
    assert buckets.take("a", 1, 5_000) == 1.0
    assert buckets.take("a", 1, 11_000) == 0.0


def test_memory_is_bounded_and_the_emptiest_buckets_are_kept() -> None:
    buckets = TokenBuckets(rate=0.001, burst=10, capacity=8)
    for _ in range(10):
        buckets.take("flooder", 1, 0)
    for guest in range(100):
        buckets.take(guest, 1, 0)
        assert len(buckets) <= 8
    assert buckets.take("flooder", 1, 0) > 0


def test_full_buckets_are_forgotten_first() -> None:
    buckets = TokenBuckets(rate=1, burst=1, capacity=4)
    for guest in range(4):
        buckets.take(guest, 1, 0)
    buckets.take("late", 1, 60_000)
    assert len(buckets) == 1


@given(STEPS, st.floats(0.5, 50), st.integers(5, 20))
def test_no_more_passes_than_burst_and_rate_allow(
    steps: list[tuple[int, float]], rate: float, burst: int
) -> None:
    buckets, now, passed = TokenBuckets(rate, burst), 0, 0.0
    for pause, cost in steps:
        now += pause
        if buckets.take("a", cost, now) == 0.0:
            passed += cost
    assert passed <= burst + rate * now / 1000 + 1e-6


@given(STEPS, st.floats(0.5, 50), st.integers(5, 20))
def test_who_waits_as_told_is_never_told_to_wait_again(
    steps: list[tuple[int, float]], rate: float, burst: int
) -> None:
    buckets, now = TokenBuckets(rate, burst), 0
    for pause, cost in steps:
        now += pause
        wait = buckets.take("a", cost, now)
        if wait:
            now += int(wait * 1000) + 1
            assert buckets.take("a", cost, now) == 0.0


def exchange(nodes: list[SharedBuckets], now: int) -> None:
    """Every node hears of the others what they have not told yet."""
    told = [node.untold() for node in nodes]
    for teller, spent in enumerate(told):
        for hearer, node in enumerate(nodes):
            for key, cost in spent.items() if hearer != teller else ():
                node.taken_elsewhere(key, cost, now)


def test_what_was_taken_on_another_node_is_missing_here() -> None:
    here, there = nodes = [SharedBuckets(rate=1, burst=3) for _ in range(2)]
    for node in nodes:
        assert node.take("a", 1, 0) == 0.0
    exchange(nodes, 0)
    assert [node.take("a", 1, 0) for node in nodes] == [0.0, 0.0]
    exchange(nodes, 0)
    assert here.take("a", 1, 0) == there.take("a", 1, 0) == 2.0


def test_of_whom_nothing_is_known_here_nothing_is_kept() -> None:
    buckets = SharedBuckets(rate=1, burst=3)
    buckets.taken_elsewhere("a", 3, 0)
    assert len(buckets) == 0
    assert buckets.take("a", 3, 0) == 0.0


def test_what_was_refused_and_what_has_no_limit_is_not_told() -> None:
    buckets, free = SharedBuckets(rate=1, burst=2), SharedBuckets(rate=0, burst=2)
    assert [buckets.take("a", 2, 0), buckets.take("a", 1, 0), free.take("a", 1, 0)] == [0.0, 1.0, 0.0]
    assert (buckets.untold(), buckets.untold(), free.untold()) == ({"a": 2.0}, {}, {})


def test_what_waits_to_be_told_is_bounded_and_limits_hold_all_the_same() -> None:
    buckets = SharedBuckets(rate=1, burst=2)
    for guest in range(UNTOLD + 5):
        buckets.take(guest, 1, 0)
    buckets.take(0, 1, 0)
    untold = buckets.untold()
    assert (len(untold), untold[0]) == (UNTOLD, 2.0)
    assert buckets.take(UNTOLD + 1, 2, 0) > 0


@given(VISITS, st.floats(0.5, 20), st.integers(5, 20))
def test_whoever_spreads_over_nodes_has_a_burst_of_each_but_one_rate(
    visits: list[tuple[int, int, int]], rate: float, burst: int
) -> None:
    """The bound of docs/operations.md, whatever the order of visits: n bursts, then `rate`."""
    nodes = [SharedBuckets(rate, burst) for _ in range(NODES)]
    now, told, passed = 0, 0, 0
    for at, pause, asked in visits:
        now += pause
        if now - told >= TELL_EVERY:
            exchange(nodes, now)
            told = now
        passed += sum(nodes[at].take("a", 1, now) == 0.0 for _ in range(asked))
        late = rate * NODES * (2 * TELL_EVERY) / 1000
        assert passed <= NODES * burst + rate * now / 1000 + late


def test_a_limit_that_few_reach_is_remembered_of_strangers_too() -> None:
    here, there = nodes = [SharedBuckets(rate=1, burst=3, strangers=True) for _ in range(2)]
    for _ in range(3):
        assert here.take("192.0.2.1", 1, 0) == 0.0
    exchange(nodes, 0)
    assert there.take("192.0.2.1", 1, 0) == 1.0


@pytest.mark.parametrize("told_between", [True, False])
def test_what_did_not_count_after_all_is_missing_nowhere(told_between: bool) -> None:
    here, there = nodes = [SharedBuckets(rate=1, burst=2, strangers=True) for _ in range(2)]
    assert here.take("alice", 1, 0) == 0.0
    if told_between:
        exchange(nodes, 0)
    here.give("alice", 1)
    exchange(nodes, 0)
    assert [there.take("alice", 1, 0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert [here.take("alice", 1, 0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_what_was_taken_and_given_back_before_it_was_told_is_not_told() -> None:
    buckets = SharedBuckets(rate=1, burst=2)
    buckets.take("alice", 1, 0)
    buckets.give("alice", 1)
    assert buckets.untold() == {}
