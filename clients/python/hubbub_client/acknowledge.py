"""Tells the server what arrived, merged: one `received` a second and chat (protocol.md §2, receipts)."""

import asyncio
from collections.abc import Awaitable, Callable

from hubbub_client.clock import Clock
from hubbub_client.errors import HubbubError, Stopped

MERGE_S = 1.0
"""As often as the server tells others; more would be thrown away there."""


class Acknowledger:
    """Cursors to report. A later one covers an earlier one, so at most one a chat waits."""

    def __init__(self, report: Callable[[str, int], Awaitable[None]], clock: Clock) -> None:
        self._report = report
        self._clock = clock
        self._waiting: dict[str, int] = {}
        self._arrived = asyncio.Event()

    def handled(self, chat: str, seq: int) -> None:
        """The application took everything up to `seq`."""
        self._waiting[chat] = max(seq, self._waiting.get(chat, 0))
        self._arrived.set()

    def read(self, chat: str, seq: int) -> None:
        """`read` was reported, which covers `received`."""
        if self._waiting.get(chat, seq + 1) <= seq:
            del self._waiting[chat]

    async def run(self) -> None:
        """Report, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await self._clock.sleep(MERGE_S)
            waiting, self._waiting = self._waiting, {}
            for chat, seq in waiting.items():
                await self._report_one(chat, seq)

    async def _report_one(self, chat: str, seq: int) -> None:
        """A report that fails is not repeated: the next one covers it."""
        try:
            await self._report(chat, seq)
        except Stopped:
            self._waiting.setdefault(chat, seq)
        except HubbubError:
            return
