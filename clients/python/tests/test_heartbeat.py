from hypothesis import given
from hypothesis import strategies as st

from hubbub_client.heartbeat import Heartbeat, Pulse


def test_a_silent_peer_is_asked_once_and_then_given_up() -> None:
    heart = Heartbeat(30, heard_at=0, said_at=0)
    assert heart.pulse(29.9) is Pulse.FINE
    assert heart.pulse(30) is Pulse.PING
    assert heart.pulse(31) is Pulse.FINE
    assert heart.pulse(59.9) is Pulse.FINE
    assert heart.pulse(60) is Pulse.DEAD


def test_an_answer_is_life() -> None:
    heart = Heartbeat(30, heard_at=0, said_at=0)
    assert heart.pulse(30) is Pulse.PING
    heart.heard(31)
    assert heart.pulse(59) is Pulse.FINE
    assert heart.pulse(60) is Pulse.PING


def test_who_only_listens_gives_signs_of_life() -> None:
    heart = Heartbeat(30, heard_at=0, said_at=0)
    pings = []
    for now in range(300):
        heart.heard(now)
        if heart.pulse(now) is Pulse.PING:
            pings.append(now)
    assert pings == list(range(30, 300, 30))


def test_who_only_talks_finds_out_that_nobody_listens() -> None:
    heart = Heartbeat(30, heard_at=0, said_at=0)
    pulses = []
    for now in range(61):
        heart.said(now)
        pulses.append(heart.pulse(now))
    assert pulses.index(Pulse.PING) == 30
    assert pulses.index(Pulse.DEAD) == 60


@given(st.lists(st.tuples(st.floats(0.1, 50), st.booleans(), st.booleans()), max_size=30))
def test_nothing_happens_before_the_next_check(gaps: list[tuple[float, bool, bool]]) -> None:
    """Sleeping for `next_check_in` never sleeps through a ping or a death."""
    heart, now = Heartbeat(30, heard_at=0, said_at=0), 0.0
    for gap, heard, said in gaps:
        wait = heart.next_check_in(now)
        assert wait >= 0
        if wait > 0.001:
            assert heart.pulse(now + wait * 0.999) is Pulse.FINE
        now += gap
        heart.pulse(now)
        if heard:
            heart.heard(now)
        if said:
            heart.said(now)
