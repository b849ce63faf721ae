"""The three-state machine as plays: an event (>>), then the state and the actions it brings (<<)."""

import pytest

from hubbub_client.connection import (
    TABLE,
    Around,
    ByeSaid,
    Connection,
    Dial,
    DialFailed,
    Halt,
    HangUp,
    Lost,
    RenewToken,
    Start,
    Status,
    Stop,
    TimerDue,
    TokenRefused,
    TokenRenewed,
    Wait,
    Welcomed,
    step,
)

DISCONNECTED, CONNECTING, CONNECTED = Status.DISCONNECTED, Status.CONNECTING, Status.CONNECTED


class Play:
    """One client on a stage where every wait takes half of the longest (chance 0.5)."""

    def __init__(self, max_attempts: int = 100) -> None:
        self.connection = Connection()
        self.now = 0.0
        self.actions: tuple[object, ...] = ()
        self._max_attempts = max_attempts

    def __rshift__(self, event: object) -> "Play":
        self.connection, self.actions = step(
            self.connection, event, Around(self.now, 0.5, self._max_attempts)
        )
        return self

    def __lshift__(self, expected: tuple[Status, *tuple[object, ...]]) -> "Play":
        status, *actions = expected
        assert self.connection.status is status
        assert [action for action in self.actions if action != HangUp()] == actions
        return self

    def after(self, seconds: float) -> "Play":
        self.now += seconds
        return self


def connected() -> Play:
    play = Play()
    play >> Start() << (CONNECTING, Dial())
    return play >> Welcomed() << (CONNECTED,)


def wait(seconds: float, attempt: int, reason: str = "it broke off") -> Wait:
    return Wait(seconds, attempt, reason)


def test_lost_and_found() -> None:
    play = connected().after(5)
    play >> Lost() << (DISCONNECTED, wait(0.5, 1))
    play >> TimerDue() << (CONNECTING, Dial())
    play >> Welcomed() << (CONNECTED,)


def test_waits_grow_to_half_a_minute_and_no_further() -> None:
    play = Play() >> Start()
    for attempt, seconds in enumerate([0.5, 1, 2, 4, 8, 15, 15, 15], start=1):
        (
            play
            >> DialFailed("nothing listens there")
            << (DISCONNECTED, wait(seconds, attempt, "nothing listens there"))
        )
        play >> TimerDue() << (CONNECTING, Dial())


@pytest.mark.parametrize(("connected_for", "seconds", "attempt"), [(59.9, 2, 3), (60, 0.5, 1)])
def test_attempts_count_from_zero_after_a_minute_connected(
    connected_for: float, seconds: float, attempt: int
) -> None:
    play = connected()
    play >> Lost() >> TimerDue() >> Lost() >> TimerDue() >> Welcomed()
    play.after(connected_for) >> Lost() << (DISCONNECTED, wait(seconds, attempt))


def test_bye_names_the_wait_and_the_code() -> None:
    """Framed TCP has no close codes, and a WebSocket may break before the close frame: `bye` counts then."""
    play = connected() >> ByeSaid(1012, 7.25)
    play >> Lost(1006) << (DISCONNECTED, wait(7.25, 1, "the server restarts"))
    play >> TimerDue() >> Welcomed() >> Lost(1012) << (DISCONNECTED, wait(1, 2, "the server restarts"))
    play = connected() >> ByeSaid(4501, None)
    play >> Lost(1006) << (DISCONNECTED, Halt("the session was ended: log in again", 4501))


@pytest.mark.parametrize("code", [1000, 1002, 1003, 1007, 1009, 4501, 4502, 4504, 4999])
def test_codes_that_stop(code: int) -> None:
    play = connected() >> Lost(code)
    assert play.connection == Connection()
    assert [type(action) for action in play.actions] == [HangUp, Halt]
    assert play.actions[1].code == code  # type: ignore[attr-defined]
    play >> TimerDue() << (DISCONNECTED,)


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 3000, 4000, 4001, 4002, 4003, 4029, 4499, 5000])
def test_codes_that_come_back(code: int) -> None:
    play = connected() >> Lost(code)
    assert [type(action) for action in play.actions] == [HangUp, Wait]


def test_unauthenticated_gets_a_new_token_first() -> None:
    play = connected() >> Lost(4500) << (DISCONNECTED, wait(0.5, 1, "the session needs a new token"))
    play >> TimerDue() << (CONNECTING, RenewToken())
    play >> DialFailed("no answer") << (DISCONNECTED, wait(1, 2, "no answer"))
    play >> TimerDue() << (CONNECTING, RenewToken())
    play >> TokenRenewed() << (CONNECTING, Dial())
    play >> Welcomed() << (CONNECTED,)


def test_a_token_that_is_renewed_and_refused_again_does_not_spin() -> None:
    play = connected()
    for attempt, seconds in enumerate([0.5, 1, 2, 4], start=1):
        play >> Lost(4500) << (DISCONNECTED, wait(seconds, attempt, "the session needs a new token"))
        play >> TimerDue() >> TokenRenewed() << (CONNECTING, Dial())


def test_no_token_no_connection() -> None:
    play = connected() >> Lost(4500) >> TimerDue()
    play >> TokenRefused("log in again") << (DISCONNECTED, Halt("log in again"))
    play >> Start() << (CONNECTING, Dial())


@pytest.mark.parametrize(("asked", "seconds"), [(None, 60), (5, 5), (90, 60)])
def test_too_many_connections_waits_a_minute_at_most(asked: float | None, seconds: float) -> None:
    play = connected() >> ByeSaid(4503, asked)
    play >> Lost(4503) << (DISCONNECTED, wait(seconds, 1, "this user has too many connections"))


def test_it_stops_after_the_configured_number_and_starts_anew_when_asked() -> None:
    play = Play(max_attempts=2) >> Start()
    play >> DialFailed("down") >> TimerDue() >> DialFailed("down") >> TimerDue()
    play >> DialFailed("down") << (DISCONNECTED, Halt("down; gave up after 2 attempts"))
    play >> TimerDue() << (DISCONNECTED,)
    play >> Start() << (CONNECTING, Dial())
    play >> DialFailed("down") << (DISCONNECTED, wait(0.5, 1, "down"))


def test_start_ends_a_wait() -> None:
    play = connected() >> Lost() >> Start()
    assert play.actions == (HangUp(), Dial())
    play >> TimerDue() << (CONNECTING,)


@pytest.mark.parametrize("events", [[], [Start()], [Start(), Welcomed()], [Start(), DialFailed("down")]])
def test_stop_stops_everywhere(events: list[object]) -> None:
    play = Play()
    for event in events:
        play >> event
    play >> Stop()
    assert play.actions == (HangUp(), Halt("stopped by the application", 1000))
    play >> TimerDue() << (DISCONNECTED,)


def test_late_news_changes_nothing() -> None:
    for event in (Welcomed(), Lost(), DialFailed("late"), TokenRenewed(), ByeSaid(1001, 1)):
        assert step(Connection(), event, Around(0, 0.5, 3)) == (Connection(), ())


def test_every_event_has_a_place() -> None:
    events = {Start, TimerDue, TokenRenewed, TokenRefused, DialFailed, Welcomed, ByeSaid, Lost, Stop}
    assert {event for _, event in TABLE} == events
