import pytest

from hubbub.operate.drill.probe import Utterance, quantile, window


def test_a_part_has_what_was_said_in_it_and_how_long_nothing_came() -> None:
    record = [
        Utterance(said=0.9, acknowledged=1.2, heard=1.3),  # said before, acknowledged within
        Utterance(said=1.1, acknowledged=1.4, heard=1.9),
        Utterance(said=2.0, acknowledged=3.0, heard=None, refusals=2),
        Utterance(said=2.5),
        Utterance(said=4.0, acknowledged=4.1, heard=4.2),  # after
    ]
    seen = window("trouble", 1.0, 4.0, record)
    assert (seen.said, seen.refused, seen.seconds) == (3, 2, 3.0)
    assert seen.acknowledged_p50 == seen.acknowledged_p99 == pytest.approx(1000)
    assert seen.heard_p99 == pytest.approx(800)
    assert seen.silence == pytest.approx(1600)


def test_where_nothing_came_the_whole_part_was_silent() -> None:
    seen = window("dead", 1.0, 3.5, [])
    assert (seen.said, seen.acknowledged_p50, seen.silence) == (0, None, 2500)


def test_quantiles() -> None:
    assert [quantile([0.003, 0.001, 0.002], share) for share in (0.0, 0.5, 0.99)] == [1, 2, 3]
