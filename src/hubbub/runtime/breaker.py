"""Whether something we depend on is asked at all: pure, time is an argument.

CLOSED     it is asked                      OPEN after `FAILURES` failures in a row
OPEN       it is not asked                  HALF_OPEN after `rest_ms`
HALF_OPEN  one question is under way        CLOSED if it succeeds, OPEN again if it fails
"""

CLOSED, HALF_OPEN, OPEN = range(3)
FAILURES = 3  # one lost connection says nothing; three questions in a row say that nobody is there
REST_MS = 1_000


class Breaker:
    """`state` is a metric as it stands."""

    def __init__(self, rest_ms: int = REST_MS) -> None:
        self._rest_ms = rest_ms
        self._failed = 0
        self._again_at = 0
        self.state = CLOSED

    def allows(self, now: int) -> bool:
        """Whether to ask now (ms); the answer must be told to `succeeded` or `failed`."""
        if self.state == CLOSED:
            return True
        if self.state == HALF_OPEN or now < self._again_at:
            return False
        self.state = HALF_OPEN
        return True

    def succeeded(self) -> bool:
        """It answered. True if it had been given up before."""
        back = self.state != CLOSED
        self._failed = 0
        self.state = CLOSED
        return back

    def failed(self, now: int) -> bool:
        """It did not. True if it is given up by this."""
        self._failed += 1
        if self.state == CLOSED and self._failed < FAILURES:
            return False
        given_up = self.state == CLOSED
        self.state = OPEN
        self._again_at = now + self._rest_ms
        return given_up
