"""When to send a ping, and when to give a peer up (protocol.md §4). Pure: the time is an argument, in seconds."""

from dataclasses import dataclass
from enum import Enum


class Pulse(Enum):
    """What the heartbeat asks for now."""

    FINE = "fine"
    PING = "ping"
    DEAD = "dead"


@dataclass(slots=True)
class Heartbeat:
    """A side that is silent for `interval_s` gets a ping; a peer silent for twice that is dead.

    A client that only listens pings too: the server closes connections it hears nothing from.
    """

    interval_s: float
    heard_at: float
    said_at: float
    asked: bool = False

    def heard(self, now: float) -> None:
        """Something arrived."""
        self.heard_at, self.asked = now, False

    def said(self, now: float) -> None:
        """Something was sent."""
        self.said_at = now

    def pulse(self, now: float) -> Pulse:
        """What to do now; a PING counts as asked."""
        if now >= self.heard_at + 2 * self.interval_s:
            return Pulse.DEAD
        if now < self._ping_due():
            return Pulse.FINE
        self.asked = True
        self.said(now)
        return Pulse.PING

    def next_check_in(self, now: float) -> float:
        """Seconds until `pulse` can say something new."""
        return max(min(self._ping_due(), self.heard_at + 2 * self.interval_s) - now, 0.0)

    def _ping_due(self) -> float:
        """A peer that was asked and has not answered is not asked again because of its own silence."""
        since = self.said_at if self.asked else min(self.said_at, self.heard_at)
        return since + self.interval_s
