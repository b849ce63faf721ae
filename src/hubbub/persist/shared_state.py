"""Redis as memory that nodes share (docs/adr/0010): nothing is only there, and every question may stay unanswered.

What Redis knows is gone with it: presence becomes each node's own view, limits count on each node, and the chat goes on.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hubbub.runtime.breaker import Breaker

log = structlog.get_logger("hubbub.redis")

TIMEOUT_SECONDS = 0.5  # a hello waits for one question: slower than this, it is better not asked
CONNECTIONS = 8
FAILURES = (
    RedisError,
    OSError,
    TimeoutError,
    RuntimeError,
)  # uvloop calls a closed connection a RuntimeError

Command = tuple[str | bytes | int | float, ...]


class SharedState:
    """`prefix` begins every key. `ask` gives None where Redis is away."""

    def __init__(self, url: str, prefix: str, clock: Callable[[], int]) -> None:
        self._redis: Any = Redis.from_url(
            url,
            max_connections=CONNECTIONS,
            socket_timeout=None,  # `ask` has one; redis-py's own loses cancellations (publish/redis_bus)
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._prefix = prefix
        self._clock = clock
        self.breaker = Breaker()

    def key(self, *parts: str) -> str:
        """The key of these parts."""
        return ":".join((self._prefix, *parts))

    async def ask(self, commands: Sequence[Command], *, together: bool = False) -> list[Any] | None:
        """Run commands in one round trip (`together`: as one transaction); their answers in order."""
        if not self.breaker.allows(self._clock()):
            return None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answers = await self._run(commands, together=together)
        except FAILURES as error:
            if self.breaker.failed(self._clock()):
                log.warning("Redis is away; presence and limits are each node's own", error=repr(error))
            return None
        except asyncio.CancelledError:
            self.breaker.failed(self._clock())
            raise
        if self.breaker.succeeded():
            log.info("Redis answers again")
        return answers

    async def _run(self, commands: Sequence[Command], *, together: bool) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=together)
        for command in commands:
            pipeline.execute_command(*command)
        answers: list[Any] = await pipeline.execute()
        return answers

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
