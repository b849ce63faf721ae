"""Full-jitter waits between attempts (protocol.md §4)."""

FIRST_S = 1.0
LONGEST_S = 30.0
SETTLED_S = 60.0
"""Connected this long, attempts count from zero again."""


def wait_s(attempt: int, chance: float) -> float:
    """Seconds to wait before the next attempt: uniform in 0 .. min(30, 2^attempt) for a uniform chance in 0 .. 1.

    `attempt` is the number of attempts since the client was last settled.
    """
    return chance * min(LONGEST_S, FIRST_S * 2.0 ** min(attempt, 10))
