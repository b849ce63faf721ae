"""What is observed is in every bucket that is large enough for it."""

from hubbub.runtime.histogram import SECONDS, Histogram


def test_a_bucket_holds_what_is_not_larger_than_its_bound() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.observe(value)
    assert histogram.buckets() == [("1", 2), ("2", 3), ("+Inf", 4)]
    assert histogram.total == 12.0


def test_many_at_once_are_many() -> None:
    histogram = Histogram((1.0,))
    histogram.observe(0.5, 3)
    histogram.observe(2.0, 2)
    assert (histogram.buckets(), histogram.total) == ([("1", 3), ("+Inf", 5)], 5.5)


def test_what_the_latency_alert_asks_for_is_a_bound() -> None:
    assert 0.8 in SECONDS
