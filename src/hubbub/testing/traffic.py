"""Made-up traffic of a chat community, of the kind that real ones have: days, weekends, growth, and noise that lingers."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

DAY = 86_400.0
WEEKEND = (5, 6)
LINGERS = 0.8  # of a deviation is still there a slot later


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """`level`: connections on an average weekday; `swing`, `weekend`, `growth` (a week) and `noise` as shares of it."""

    level: float = 10_000.0
    swing: float = 0.7
    weekend: float = 0.0
    growth: float = 0.0
    noise: float = 0.0
    seed: int = 1

    def points(self, days: int, step: float, start: float = 0.0) -> Iterator[tuple[float, float]]:
        """(seconds since the epoch, connections) for so many days; the epoch began on a Thursday."""
        chance = random.Random(self.seed)  # noqa: S311 - no secret
        deviation = 0.0
        for slot in range(round(days * DAY / step)):
            time = start + slot * step
            deviation = LINGERS * deviation + chance.gauss(0, self.noise * math.sqrt(1 - LINGERS**2))
            yield time, max(0.0, self.level * self._shape(time, time - start) * (1 + deviation))

    def _shape(self, time: float, elapsed: float) -> float:
        hour = 2 * math.pi * (time % DAY) / DAY
        daily = 1 - self.swing * math.cos(hour - 1.0) + 0.15 * self.swing * math.sin(2 * hour)
        day = int(time // DAY + 3) % 7
        return daily * (1 - self.weekend * (day in WEEKEND)) * (1 + self.growth * elapsed / (7 * DAY))
