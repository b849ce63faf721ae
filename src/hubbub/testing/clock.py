"""Time that passes when a test says so."""

START_MS = 1_700_000_000_000


class ManualClock:
    """Called like the real clock: milliseconds since the Unix epoch."""

    def __init__(self, now: int = START_MS) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: int) -> int:
        """Let time pass; gives the new time."""
        self.now += ms
        return self.now
