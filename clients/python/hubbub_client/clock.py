"""Time as an argument, so that tests need not wait."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where a client gets its time from."""

    def monotonic(self) -> float:
        """Seconds of a clock that never steps back."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
