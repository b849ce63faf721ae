"""History read from a window beside the database, where there is one that is as new as the chat.

How new the chat is says the primary, asked after the question came: one row by its key. So what is answered is what the database
would have answered (docs/protocol.md §3.8), and what is lost or late beside it costs time, never truth.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from hubbub.model.entries import Entry
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ports import Log, Windows
from hubbub.model.proposals import Committed
from hubbub.model.recent import Given, Window
from hubbub.persist.engine import Database
from hubbub.persist.entries import newest
from hubbub.persist.failures import reading
from hubbub.persist.heads import head_of
from hubbub.persist.replicas import Replicas

BACKLOG = 500  # chats whose news wait for a round trip; beyond it their windows stay behind, and are not used

Flight = asyncio.Future[Window | None]
Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class RecentLog:
    """Implements model.ports.Log: from a window what it holds, from the log behind it anything else.

    `size`: entries in a window. Whoever asks while a question about the same chat waits to begin shares its answer, so
    there are two at a time for each chat: `hits` of them found a window, `misses` read it from the database.
    """

    def __init__(
        self, behind: Log, database: Database, replicas: Replicas, windows: Windows, size: int, spawn: Spawn
    ) -> None:
        self._behind = behind
        self._database = database
        self._replicas = replicas
        self._windows = windows
        self._size = size
        self._spawn = spawn
        self._waiting: dict[str, Flight] = {}
        self._flying: dict[str, Flight] = {}
        self._news: dict[str, deque[Entry]] = {}
        self._telling = False
        self.hits = 0
        self.misses = 0

    async def before(
        self, chat: str, seq: int, limit: int, reader: str, *, read_only: bool = False
    ) -> list[Entry]:
        """The last `limit` entries with a smaller seq, rising."""
        window = await self._window(chat)
        found = None if window is None else window.before(seq, limit, reader)
        if found is None:
            return await self._behind.before(chat, seq, limit, reader, read_only=read_only)
        return found

    async def after(
        self, chat: str, seq: int, limit: int, reader: str, *, read_only: bool = False
    ) -> list[Entry]:
        """The first `limit` entries with a greater seq, rising."""
        window = await self._window(chat)
        found = None if window is None else window.after(seq, limit, reader)
        if found is None:
            return await self._behind.after(chat, seq, limit, reader, read_only=read_only)
        return found

    async def given(self, chat: str, seqs: Sequence[int]) -> Given:
        """Who gave which emoji to these messages."""
        return await self._behind.given(chat, seqs)

    async def ordinal(self, chat: str, seq: int) -> int:
        """How many messages there are up to `seq`."""
        return await self._behind.ordinal(chat, seq)

    async def _window(self, chat: str) -> Window | None:
        """The window as it is at some time after this call; None: nobody knows, the log is to be asked."""
        flight = self._waiting.get(chat)
        if flight is None:
            flight = self._waiting[chat] = asyncio.get_running_loop().create_future()
            self._spawn(self._fly(chat, flight, self._flying.get(chat)), "look for recent history")
        return await asyncio.shield(flight)

    async def _fly(self, chat: str, flight: Flight, ahead: Flight | None) -> None:
        """Begin once the one ahead has ended: what that one read is there to be found then."""
        try:
            if ahead is not None:
                await asyncio.wait([ahead])
            self._flying[chat] = self._waiting.pop(chat)
            flight.set_result(await self._look(chat))
        except BaseException as error:
            flight.set_exception(Refused(ErrorCode.UNAVAILABLE))
            flight.exception()  # whoever asked may have gone; that is no error
            if not isinstance(error, Refused):
                raise
        finally:
            (self._flying if self._flying.get(chat) is flight else self._waiting).pop(chat, None)

    async def _look(self, chat: str) -> Window | None:
        with reading():
            async with self._database.reading() as lane:
                head = await head_of(lane, chat)
        if head == 0:
            return Window(head=0)
        kept = await self._windows.get(chat)
        if kept is None:
            return None
        if kept.head >= head:
            self.hits += 1
            return kept
        return await self._read(chat)

    async def _read(self, chat: str) -> Window:
        self.misses += 1
        with reading():
            window = await self._replicas.of_chat(chat, partial(newest, chat, self._size))
        await self._windows.fill(chat, window)
        return window

    def committed(self, committed: Sequence[Committed]) -> None:
        """The journal of this node has written something: windows hear of it, without anybody waiting."""
        for each in committed:
            if each.entries and (each.chat.id in self._news or len(self._news) < BACKLOG):
                self._news.setdefault(each.chat.id, deque(maxlen=self._size)).extend(each.entries)
        if self._news and not self._telling:
            self._telling = True
            self._spawn(self._tell(), "tell recent history")

    async def _tell(self) -> None:
        try:
            while self._news:
                news, self._news = self._news, {}
                await self._windows.advance({chat: tuple(entries) for chat, entries in news.items()})
        finally:
            self._telling = False
