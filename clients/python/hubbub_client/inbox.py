"""Events on their way to the application: bounded, in order, and remembered as handled one by one."""

import asyncio
from collections import deque
from enum import Enum
from typing import NamedTuple

from hubbub_client.events import Event

ENTRIES_MAX = 1_000
"""Above this many waiting events live entries are not kept: history brings them once the application has worked the
queue down to half. About a second of an application that takes a millisecond per event; some 0.5 MB."""

HARD_MAX = 4_000
"""Pages of history that were under way (4 of 300) and news of chats and friends fit between the two bounds. Beyond
this one news are dropped too, and the lists are asked for again."""


class Sort(Enum):
    """How an event is treated when the application is slow."""

    ENTRY = "comes again by history"
    NEWS = "lists are asked for again"
    FLEETING = "dropped first"


class Position(NamedTuple):
    """Where a chat stands once an event is handled: at `seq` of `epoch`, or nowhere (`seq` none)."""

    chat: str
    seq: int | None
    epoch: str


class Inbox:
    """A queue with one consumer. Invariant: an event counts as handled when the next one is asked for."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Event, Position | None]] = deque()
        self._arrived = asyncio.Event()
        self._position: Position | None = None
        self._last: Event | None = None
        self._ended = False
        self.news_lost = False

    @property
    def full(self) -> bool:
        """No room for live entries."""
        return len(self._waiting) >= ENTRIES_MAX

    @property
    def drained(self) -> bool:
        """Room for what had to be put off."""
        return len(self._waiting) <= ENTRIES_MAX // 2

    def put(self, event: Event, sort: Sort, position: Position | None = None) -> None:
        """Queue an event; `position` is reached when it is handled. Entries are for the caller to bound."""
        if sort is Sort.FLEETING and self.full:
            return
        if sort is Sort.NEWS and len(self._waiting) >= HARD_MAX:
            self.news_lost = True
            return
        self._waiting.append((event, position))
        self._arrived.set()

    def end(self) -> None:
        """Nothing more comes; what waits may still be taken."""
        self._ended = True
        self._arrived.set()

    async def take(self) -> Event | None:
        """The next event; none when there will be no more."""
        while not self._waiting:
            if self._ended:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        self._last, self._position = self._waiting.popleft()
        return self._last

    def handled(self) -> tuple[Event | None, Position | None]:
        """The event taken last and the position it reached, once."""
        last, position = self._last, self._position
        self._last = self._position = None
        return last, position
