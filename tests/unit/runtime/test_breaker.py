"""A breaker gives up after a few failures in a row, tries again after a rest, and is closed by one success."""

from hubbub.runtime.breaker import CLOSED, FAILURES, HALF_OPEN, OPEN, REST_MS, Breaker


def given_up(now: int = 0) -> Breaker:
    breaker = Breaker()
    assert [breaker.failed(now) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    return breaker


def test_single_failures_change_nothing() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker.failed(0)
        assert not breaker.succeeded()
    assert (breaker.state, breaker.allows(0)) == (CLOSED, True)


def test_what_is_given_up_is_not_asked_until_it_rested() -> None:
    breaker = given_up()
    assert breaker.state == OPEN
    assert not breaker.allows(REST_MS - 1)
    assert breaker.allows(REST_MS)
    assert breaker.state == HALF_OPEN


def test_only_one_tries_and_its_success_closes() -> None:
    breaker = given_up()
    assert [breaker.allows(REST_MS) for _ in range(3)] == [True, False, False]
    assert breaker.succeeded()
    assert (breaker.state, breaker.allows(REST_MS)) == (CLOSED, True)
    assert not breaker.succeeded()


def test_a_trial_that_fails_is_another_rest() -> None:
    breaker = given_up()
    assert breaker.allows(REST_MS)
    assert not breaker.failed(REST_MS)
    assert not breaker.allows(2 * REST_MS - 1)
    assert breaker.allows(2 * REST_MS)
