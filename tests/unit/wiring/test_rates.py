"""What nodes tell each other of the limits of users."""

from hubbub.model.news import EVERYBODY, News, Spent
from hubbub.testing.clock import ManualClock
from hubbub.wiring.rates import Rates
from hubbub.wiring.settings.tree import Limits


def node(clock: ManualClock, said: list[tuple[str, News]]) -> Rates:
    limits = Limits(send_per_second=1, send_burst=2, befriend_per_hour=2)
    return Rates(limits, lambda topic, news: said.append((topic, news)), clock)


def test_what_was_taken_is_told_once_and_to_everybody() -> None:
    said: list[tuple[str, News]] = []
    rates = node(ManualClock(), said)
    for _ in range(2):
        rates.buckets["send"].take("alice", 1, 0)
    rates.buckets["befriend"].take("bob", 1, 0)
    for _ in range(2):
        rates.tell()
    assert said == [
        (EVERYBODY, Spent("send", {"alice": 2.0})),
        (EVERYBODY, Spent("befriend", {"bob": 1.0})),
    ]


def test_what_is_heard_is_missing_of_that_limit_alone_and_not_told_on() -> None:
    clock, said = ManualClock(), list[tuple[str, News]]()
    rates = node(clock, said)
    for name in ("send", "befriend"):
        assert rates.buckets[name].take("alice", 1, clock()) == 0.0
    rates.tell()
    said.clear()
    rates.heard(Spent("befriend", {"alice": 1.0}))
    rates.tell()
    assert said == []
    assert rates.buckets["befriend"].take("alice", 1, clock()) > 0
    assert rates.buckets["send"].take("alice", 1, clock()) == 0.0


def test_a_limit_that_only_a_newer_version_has_is_passed_over() -> None:
    clock = ManualClock()
    rates = node(clock, [])
    rates.heard(Spent("uploads", {"alice": 1.0}))
    assert "uploads" not in rates.buckets
