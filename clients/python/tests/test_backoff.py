from hypothesis import given
from hypothesis import strategies as st

from hubbub_client.backoff import wait_s

chances = st.floats(0, 1)


@given(st.integers(0, 10_000), chances)
def test_waits_stay_within_the_bound(attempt: int, chance: float) -> None:
    assert 0 <= wait_s(attempt, chance) <= min(30, 2 ** min(attempt, 5))


@given(st.integers(0, 10_000))
def test_the_whole_range_is_used(attempt: int) -> None:
    """Full jitter: from nothing to the bound, evenly."""
    top = min(30.0, 2.0 ** min(attempt, 5))
    assert [wait_s(attempt, chance) for chance in (0.0, 0.25, 0.5, 1.0)] == [0.0, top / 4, top / 2, top]
