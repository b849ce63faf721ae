"""How often something may happen: token buckets, one per key, in bounded memory. Pure: time is an argument."""

from collections.abc import Hashable

CAPACITY = (
    65_536  # buckets of some 200 bytes: 13 MB; beyond, the fullest half is forgotten and starts full again
)
UNTOLD = 8_192  # keys between two tellings, more than a process serves in a second; what is beyond counts here only


class TokenBuckets:
    """Many buckets of `burst` tokens that refill at `rate` tokens a second; a rate of 0 means no limit.

    A full bucket is as good as none, so only keys that were used lately take memory. `refused`: how often somebody had to wait.
    """

    __slots__ = ("_buckets", "_burst", "_capacity", "_per_ms", "refused")

    def __init__(self, rate: float, burst: float, capacity: int = CAPACITY) -> None:
        self._per_ms = rate / 1000
        self._burst = max(float(burst), 1.0)
        self._capacity = capacity
        self._buckets: dict[Hashable, list[float]] = {}
        self.refused = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, cost: float, now: int) -> float:
        """Seconds to wait until `cost` (at most the burst) can be had, 0.0 if it was taken. `now` in ms.

        Nothing is taken from somebody who has to wait. A clock that steps back refills nothing.
        """
        per_ms = self._per_ms
        if not per_ms:
            return 0.0
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._add(key, now)
        tokens = bucket[0]
        elapsed = now - bucket[1]
        if elapsed > 0:
            bucket[1] = now
            tokens += elapsed * per_ms
            tokens = min(tokens, self._burst)
        if tokens < cost:
            bucket[0] = tokens
            self.refused += 1
            return (cost - tokens) / per_ms / 1000
        bucket[0] = tokens - cost
        return 0.0

    def give(self, key: Hashable, cost: float) -> None:
        """Put back what was taken for something that, after all, does not count."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket[0] = min(bucket[0] + cost, self._burst)

    def _add(self, key: Hashable, now: int) -> list[float]:
        if len(self._buckets) >= self._capacity:
            self._forget(now)
        bucket = self._buckets[key] = [self._burst, float(now)]
        return bucket

    def _forget(self, now: int) -> None:
        """Keep the emptier half, without those that are full again."""
        levels = sorted(
            (self._level(bucket, now), place) for place, bucket in enumerate(self._buckets.values())
        )
        kept = {place for level, place in levels[: self._capacity // 2] if level < self._burst}
        self._buckets = {
            key: bucket for place, (key, bucket) in enumerate(self._buckets.items()) if place in kept
        }

    def _level(self, bucket: list[float], now: int) -> float:
        return min(bucket[0] + max(now - bucket[1], 0) * self._per_ms, self._burst)


class SharedBuckets(TokenBuckets):
    """Buckets of which every node has its own: what is taken here is told there, and what was taken there is missing here.

    Nobody is asked before anything is taken. So who uses n nodes at once may take up to n bursts before the nodes
    have heard of each other; what was too much is a debt that must refill first, and in the long run `rate` holds.
    With `strangers` a node also remembers of those it never served what they took elsewhere, for limits that few reach.
    """

    __slots__ = ("_strangers", "_untold")

    def __init__(
        self, rate: float, burst: float, capacity: int = CAPACITY, *, strangers: bool = False
    ) -> None:
        super().__init__(rate, burst, capacity)
        self._strangers = strangers
        self._untold: dict[Hashable, float] = {}

    def take(self, key: Hashable, cost: float, now: int) -> float:
        """The same, and what was taken is kept to be told."""
        wait = super().take(key, cost, now)
        if not wait and self._per_ms:
            self._note(key, cost)
        return wait

    def give(self, key: Hashable, cost: float) -> None:
        """The same, and what was told before is told to be less."""
        super().give(key, cost)
        if self._per_ms:
            self._note(key, -cost)

    def _note(self, key: Hashable, cost: float) -> None:
        untold = self._untold
        if key in untold or len(untold) < UNTOLD:
            untold[key] = untold.get(key, 0.0) + cost

    def untold(self) -> dict[Hashable, float]:
        """What was taken here since the last time this was asked."""
        untold, self._untold = self._untold, {}
        return {key: cost for key, cost in untold.items() if cost}

    def taken_elsewhere(self, key: Hashable, cost: float, now: int) -> None:
        """Another node let `cost` pass, or took it back; whoever is unknown here starts full, and so costs no memory."""
        bucket = self._buckets.get(key)
        if bucket is None and self._strangers and self._per_ms and cost > 0:
            bucket = self._add(key, now)
        if bucket is not None:
            bucket[0] = min(self._level(bucket, now) - cost, self._burst)
            bucket[1] = max(bucket[1], now)
