"""What is let go under pressure, one after the other, and comes back slowly."""

from hubbub.model.features import FEATURES, PRESSED_TICKS, TICKS_PER_SECOND, Feature, Mode, Switches

AUTO: dict[Feature, Mode] = dict.fromkeys(FEATURES, "auto")
LATE, CALM, BETWEEN = 300.0, 10.0, 200.0
CALM_TICKS = 30 * TICKS_PER_SECOND


def ticks(switches: Switches, late_ms: float, count: int, waiting_bytes: int = 0) -> list[Feature]:
    for _ in range(count):
        switches.tick(late_ms, waiting_bytes)
    return switches.off


def test_one_more_goes_with_every_two_seconds_of_pressure() -> None:
    switches = Switches(AUTO, 250)
    assert ticks(switches, LATE, PRESSED_TICKS - 1) == []
    assert ticks(switches, LATE, 1) == ["typing"]
    assert ticks(switches, LATE, PRESSED_TICKS) == ["typing", "presence"]
    assert ticks(switches, LATE, PRESSED_TICKS * 9) == list(FEATURES)


def test_it_comes_back_after_half_a_minute_of_calm_and_not_by_a_moment() -> None:
    switches = Switches(AUTO, 250)
    ticks(switches, LATE, PRESSED_TICKS * 2)
    assert ticks(switches, CALM, CALM_TICKS - 1) == ["typing", "presence"]
    assert ticks(switches, BETWEEN, 1_000) == ["typing", "presence"]
    assert ticks(switches, CALM, CALM_TICKS) == ["typing"]
    assert ticks(switches, CALM, CALM_TICKS * 9) == []


def test_what_waits_for_slow_peers_is_pressure_too_and_either_is_enough() -> None:
    switches = Switches(AUTO, 250, waiting_bytes=1_000)
    assert ticks(switches, CALM, PRESSED_TICKS, waiting_bytes=1_001) == ["typing"]
    for number in range(PRESSED_TICKS):
        ticks(switches, *((LATE, 1) if number % 2 else (CALM, 1, 1_001)))
    assert switches.off == ["typing", "presence"]
    assert ticks(switches, CALM, 1_000, waiting_bytes=500) == ["typing", "presence"]
    assert ticks(switches, BETWEEN, 1_000, waiting_bytes=499) == ["typing", "presence"]
    assert ticks(switches, CALM, CALM_TICKS, waiting_bytes=499) == ["typing"]


def test_without_a_bound_for_it_what_waits_is_not_looked_at() -> None:
    assert ticks(Switches(AUTO, 250), CALM, PRESSED_TICKS, waiting_bytes=2**40) == []


def test_a_pause_in_the_pressure_begins_it_anew() -> None:
    switches = Switches(AUTO, 250)
    for _ in range(50):
        ticks(switches, LATE, PRESSED_TICKS - 1)
        assert ticks(switches, CALM, 1) == []


def test_only_what_is_automatic_goes_by_itself() -> None:
    switches = Switches({**AUTO, "typing": "on", "receipts": "off"}, 250)
    assert switches.off == ["receipts"]
    assert ticks(switches, LATE, PRESSED_TICKS) == ["presence", "receipts"]
    switches.set({"presence": "on", "receipts": "on"})
    assert switches.off == ["search"]
    switches.set({})
    assert switches.off == ["presence", "receipts"]
    assert [each.set_by for each in switches.view()] == ["settings"] * 4
