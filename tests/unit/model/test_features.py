"""What is let go under pressure, one after the other, and comes back slowly."""

from hubbub.model.features import FEATURES, PRESSED_TICKS, TICKS_PER_SECOND, Feature, Mode, Switches

AUTO: dict[Feature, Mode] = dict.fromkeys(FEATURES, "auto")
LATE, CALM, BETWEEN = 300.0, 10.0, 200.0
CALM_TICKS = 30 * TICKS_PER_SECOND


def ticks(switches: Switches, late_ms: float, count: int) -> list[Feature]:
    for _ in range(count):
        switches.tick(late_ms)
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
