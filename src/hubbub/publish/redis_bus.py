"""Redis Pub/Sub as a bus, sharded where the server knows that (Redis 7).

One connection hears, another publishes in pipelines. A server that says nothing for `SILENT_SECONDS` although it is
pinged every second is held to be away: both are closed and opened again, and every topic is subscribed anew.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hubbub.publish.line import Line, Pongs
from hubbub.publish.outgoing import Message, Outgoing
from hubbub.publish.telling import Hear
from hubbub.runtime.spawn import together

log = structlog.get_logger("hubbub.bus")

AGAIN_SECONDS = 0.5
PING_SECONDS = 1.0
SILENT_SECONDS = 3.0
TIMEOUT_SECONDS = 2.0
SHARDED_SINCE = 7
FAILURES = (
    RedisError,
    OSError,
    TimeoutError,
    RuntimeError,
)  # uvloop calls a closed connection a RuntimeError


class RedisBus:
    """Implements publish.telling.Bus. `prefix` keeps the topics of several Hubbubs on one server apart."""

    def __init__(self, url: str, prefix: str, hear: Hear) -> None:
        self._url = url
        self._prefix = f"{prefix}:"
        self._hear = hear
        self._topics: set[str] = set()
        self._pubsub: PubSub | None = None
        self._carries = False
        self._pongs = Pongs()
        self._sharded = False
        self._line = Line(AGAIN_SECONDS, FAILURES)
        self.outgoing = Outgoing()

    @property
    def is_up(self) -> bool:
        """Whether what is published now may arrive."""
        return self._carries

    def publish(self, messages: Sequence[Message]) -> None:
        """Send soon, in order; dropped where Redis is away."""
        if self._carries:
            self.outgoing.put(messages)
        else:
            self.outgoing.dropped += len(messages)

    async def subscribe(self, topics: Sequence[str]) -> bool:
        """Hear these; True once Redis has said so."""
        self._topics.update(topics)
        if self._pubsub is None:
            return False
        try:
            await self._ask(self._pubsub, "subscribe", topics)
            await self._pong(self._pubsub)
        except FAILURES:
            return False
        return True

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Hear these no more."""
        self._topics.difference_update(topics)
        if self._pubsub is not None:
            with contextlib.suppress(*FAILURES):
                await self._ask(self._pubsub, "unsubscribe", topics)

    async def _ask(self, pubsub: PubSub, what: str, topics: Sequence[str]) -> None:
        command = getattr(pubsub, f"s{what}" if self._sharded else what)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await command(*(self._prefix + topic for topic in topics))

    async def _pong(self, pubsub: PubSub, seconds: float = TIMEOUT_SECONDS) -> None:
        """Everything asked before this has been done."""
        await self._pongs.answer(pubsub.ping, seconds)

    async def run(self) -> None:
        """Carry, and come back after losses, until cancelled."""
        await self._line.keep(self._session)

    async def _session(self) -> None:
        client: Any = Redis.from_url(
            self._url,
            protocol=2,  # where PING on a subscribed connection is answered in its place among the messages
            socket_timeout=None,  # redis-py's own loses a cancellation that comes as a write ends (Python 3.11)
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        pubsub = client.pubsub()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                version = (await client.info("server"))["redis_version"]
            self._sharded = int(str(version).partition(".")[0]) >= SHARDED_SINCE
            await self._ask(pubsub, "subscribe", [""])
            await together(self._read(pubsub), self._publish(client), self._watch(pubsub))
        finally:
            self._pubsub, self._carries = None, False
            self.outgoing.drop()
            with contextlib.suppress(*FAILURES):
                await pubsub.aclose()
            with contextlib.suppress(*FAILURES):
                await client.aclose()

    async def _watch(self, pubsub: PubSub) -> None:
        """Ask for every topic, say so once that is done, and see that the server lives."""
        self._pubsub = pubsub  # what is asked for from here on is asked for by `subscribe`
        if self._topics:
            await self._ask(pubsub, "subscribe", list(self._topics))
        await self._pong(pubsub)
        self._carries = True
        self._line.is_back(topics=len(self._topics), sharded=self._sharded)
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self._pong(pubsub, SILENT_SECONDS)

    async def _read(self, pubsub: PubSub) -> None:
        prefix = len(self._prefix)
        while True:
            message: Any = await pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
            if message is None:
                continue
            if message["type"] == "pong":
                self._pongs.came(message["data"])
            else:
                self._hear(message["channel"].decode()[prefix:], message["data"])

    async def _publish(self, client: Any) -> None:  # noqa: ANN401 - redis-py's types are not strict
        command = "SPUBLISH" if self._sharded else "PUBLISH"
        while True:
            pipeline = client.pipeline(transaction=False)
            for topic, data in await self.outgoing.take():
                pipeline.execute_command(command, self._prefix + topic, data)
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await pipeline.execute()
