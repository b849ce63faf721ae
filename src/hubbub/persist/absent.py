"""What was looked for in vain is not looked for again at once: who asks for what is not there, asks often."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from random import uniform

CAPACITY = 10_000  # keys of some 150 bytes; beyond it the oldest is looked for again


class Absent:
    """Keys that were not there a moment ago, each for a time of its own up to `longest_ms`, so that not all are asked for at once."""

    def __init__(self, longest_ms: int, clock: Callable[[], int], capacity: int = CAPACITY) -> None:
        self._longest_ms = longest_ms
        self._clock = clock
        self._capacity = capacity
        self._until: OrderedDict[str, float] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return self._until.get(key, 0) > self._clock()

    def note(self, keys: Iterable[str]) -> None:
        """These were looked for, and are not there."""
        now = self._clock()
        for key in keys:
            self._until[key] = now + uniform(0.5, 1) * self._longest_ms  # noqa: S311 - no secret
            self._until.move_to_end(key)
            if len(self._until) > self._capacity:
                self._until.popitem(last=False)

    def forget(self, key: str) -> None:
        """It may be there by now."""
        self._until.pop(key, None)
