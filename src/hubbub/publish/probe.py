"""How late the bus is: a node tells itself the time, over the bus, on a topic that only it hears."""

from hubbub.publish.telling import Bus

EVERY_SECONDS = 0.25


class Probe:
    """Times are seconds of the event loop's clock. What is lost is not asked for again: the next one is on its way."""

    def __init__(self, bus: Bus, node: str, now: float) -> None:
        self.topic = f"n/{node}"
        self._bus = bus
        self._heard_at = now
        self._lag = 0.0

    def send(self, now: float) -> None:
        """To be called every `EVERY_SECONDS`."""
        self._bus.publish([(self.topic, str(now).encode())])

    def heard(self, sent: bytes, now: float) -> None:
        """It came."""
        self._heard_at = now
        self._lag = now - float(sent)

    def lag(self, now: float) -> float:
        """Of the last one that came, or for how long one has been missing."""
        return max(self._lag, now - self._heard_at - 2 * EVERY_SECONDS)
