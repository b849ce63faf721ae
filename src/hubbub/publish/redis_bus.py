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
        self._pongs: dict[str, asyncio.Future[None]] = {}
        self._pings = 0
        self._heard_at = 0.0
        self._sharded = False
        self._said_down = False
        self.outgoing = Outgoing()

    @property
    def is_up(self) -> bool:
        """Whether what is published now may arrive."""
        return self._pubsub is not None

    def publish(self, messages: Sequence[Message]) -> None:
        """Send soon, in order; dropped where Redis is away."""
        if self._pubsub is not None:
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

    async def _pong(self, pubsub: PubSub) -> None:
        """Everything asked before this has been done."""
        self._pings += 1
        name = str(self._pings)
        pong = self._pongs[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await pubsub.ping(name)
                await pong
        finally:
            del self._pongs[name]

    async def run(self) -> None:
        """Carry, and come back after losses, until cancelled."""
        while True:
            try:
                await self._session()
            except FAILURES as error:
                if not self._said_down:
                    log.warning("the bus is away; entries come by the database", error=repr(error))
                self._said_down = True
            finally:
                self._pubsub = None
                self.outgoing.drop()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _session(self) -> None:
        client: Any = Redis.from_url(
            self._url,
            protocol=2,  # where PING on a subscribed connection is answered in its place among the messages
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        pubsub = client.pubsub()
        try:
            version = (await client.info("server"))["redis_version"]
            self._sharded = int(str(version).partition(".")[0]) >= SHARDED_SINCE
            await self._ask(pubsub, "subscribe", ["", *self._topics])
            await together(self._read(pubsub), self._publish(client), self._watch(pubsub))
        finally:
            await pubsub.aclose()
            await client.aclose()

    async def _watch(self, pubsub: PubSub) -> None:
        """See that the server lives, and say so once it does."""
        await self._pong(pubsub)
        self._pubsub = pubsub
        self._said_down = False
        log.info("the bus is up", topics=len(self._topics), sharded=self._sharded)
        while True:
            await asyncio.sleep(PING_SECONDS)
            async with asyncio.timeout(SILENT_SECONDS):
                await self._pong(pubsub)

    async def _read(self, pubsub: PubSub) -> None:
        prefix = len(self._prefix)
        while True:
            message: Any = await pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
            if message is None:
                continue
            if message["type"] == "pong":
                pong = self._pongs.get(message["data"].decode())
                if pong is not None and not pong.done():
                    pong.set_result(None)
            else:
                self._hear(message["channel"].decode()[prefix:], message["data"])

    async def _publish(self, client: Any) -> None:  # noqa: ANN401 - redis-py's types are not strict
        command = "SPUBLISH" if self._sharded else "PUBLISH"
        while True:
            pipeline = client.pipeline(transaction=False)
            for topic, data in await self.outgoing.take():
                pipeline.execute_command(command, self._prefix + topic, data)
            await pipeline.execute()
