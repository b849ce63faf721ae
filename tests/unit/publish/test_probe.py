"""How late the bus is, also while nothing comes."""

from collections.abc import Sequence

from hubbub.publish.probe import EVERY_SECONDS, Probe


class Echo:
    """A bus that holds what is published until it is let go."""

    is_up = True

    def __init__(self) -> None:
        self.held: list[tuple[str, bytes]] = []

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        self.held.extend(messages)

    async def subscribe(self, _topics: Sequence[str]) -> bool:
        return True

    async def unsubscribe(self, _topics: Sequence[str]) -> None: ...

    async def run(self) -> None: ...


def test_the_lag_is_that_of_the_last_one_that_came() -> None:
    bus = Echo()
    probe = Probe(bus, "node", 100.0)
    probe.send(100.0)
    [(topic, sent)] = bus.held
    assert topic == probe.topic
    probe.heard(sent, 100.25)
    assert probe.lag(100.25) == 0.25
    probe.send(101.0)
    probe.heard(bus.held[-1][1], 101.0)
    assert probe.lag(101.0) == 0.0


def test_a_bus_that_brings_nothing_is_later_and_later() -> None:
    probe = Probe(Echo(), "node", 100.0)
    assert probe.lag(100.0 + EVERY_SECONDS) == 0.0
    assert probe.lag(110.0) == 10.0 - 2 * EVERY_SECONDS
