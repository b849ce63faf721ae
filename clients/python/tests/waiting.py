"""What tests of the client wait for."""

import asyncio
from collections.abc import Callable

from clients.python.tests.conftest import Watcher

from hubbub_client.events import Entry, Event


def seqs(watcher: Watcher, chat: str = "r1") -> list[int]:
    return [event.seq for event in watcher.of(Entry) if event.chat == chat]


def has(kind: type) -> Callable[[list[Event]], bool]:
    return lambda seen: any(isinstance(event, kind) for event in seen)


async def when(condition: Callable[[], bool]) -> None:
    """Returns once the condition holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (what it waits for has no event of its own)
            await asyncio.sleep(0.005)


async def arrived(watcher: Watcher, last: int, chat: str = "r1") -> list[int]:
    """The seqs of a chat once `last` has been yielded."""
    await watcher.until(
        lambda seen: any(
            isinstance(event, Entry) and event.chat == chat and event.seq == last for event in seen
        )
    )
    return seqs(watcher, chat)
