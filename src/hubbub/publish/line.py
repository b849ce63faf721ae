"""What the connections to buses have in common: they are made again after every loss, and know what has been heard."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import Any

import structlog

from hubbub.runtime.spawn import together

log = structlog.get_logger("hubbub.bus")

Session = Callable[[], Coroutine[Any, Any, None]]


class Line:
    """Holds sessions with a bus one after the other, and says once that it is away and once that it is back."""

    def __init__(self, again_seconds: float, failures: tuple[type[Exception], ...]) -> None:
        self._again_seconds = again_seconds
        self._failures = failures
        self._said_down = False

    async def keep(self, session: Session) -> None:
        """Begin a session again whenever one ends or fails in a foreseen way, until cancelled."""
        while True:
            try:
                await together(session())
            except self._failures as error:
                if not self._said_down:
                    log.warning("the bus is away; entries come by the database", error=repr(error))
                self._said_down = True
            await asyncio.sleep(self._again_seconds)

    def is_back(self, **told: object) -> None:
        """A session carries."""
        self._said_down = False
        log.info("the bus is up", **told)


class Pongs:
    """Questions a bus answers in their place among the messages: by then everything asked before has been done."""

    def __init__(self) -> None:
        self._awaited: dict[bytes, asyncio.Future[None]] = {}
        self._numbers = count(1)

    async def answer(self, ask: Callable[[bytes], Awaitable[object]], seconds: float) -> None:
        """Put a question with a name of its own and wait for that name to come back. Raises TimeoutError."""
        name = b"%d" % next(self._numbers)
        answered = self._awaited[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await ask(name)
                await answered
        finally:
            del self._awaited[name]

    def came(self, name: bytes) -> None:
        """The answer to the question of that name is here; one nobody waits for any more is ignored."""
        answered = self._awaited.get(name)
        if answered is not None and not answered.done():
            answered.set_result(None)
