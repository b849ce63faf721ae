"""Core NATS as a bus. nats-py keeps the connection; a server that does not answer two pings is left."""

import asyncio
import contextlib
from collections.abc import Sequence
from urllib.parse import quote, unquote

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error

from hubbub.publish.outgoing import Message, Outgoing
from hubbub.publish.telling import Hear

log = structlog.get_logger("hubbub.bus")

AGAIN_SECONDS = 0.5
PING_SECONDS = 1
PINGS_UNANSWERED = 2
TIMEOUT_SECONDS = 2
FAILURES = (Error, OSError, TimeoutError)


class _Inbox:
    """What nats-py puts a subscription's messages into. A callback would be a task a topic, and lose their order."""

    def __init__(self, bus: "NatsBus") -> None:
        self._bus = bus

    def put_nowait(self, message: Msg) -> None:
        self._bus.arrived(message)


class NatsBus:
    """Implements publish.telling.Bus. `prefix` keeps the subjects of several Hubbubs on one server apart."""

    def __init__(self, url: str, prefix: str, hear: Hear) -> None:
        self._url = url
        self._prefix = f"{quote(prefix, safe='')}."
        self._hear = hear
        self._topics: dict[str, Subscription | None] = {}
        self._inbox = _Inbox(self)
        self._client: Client | None = None
        self._turn = asyncio.Lock()
        self._said_down = False
        self.outgoing = Outgoing()

    @property
    def is_up(self) -> bool:
        """Whether what is published now may arrive."""
        return self._client is not None and self._client.is_connected

    def publish(self, messages: Sequence[Message]) -> None:
        """Send soon, in order; dropped where NATS is away."""
        if self.is_up:
            self.outgoing.put(messages)
        else:
            self.outgoing.dropped += len(messages)

    def _subject(self, topic: str) -> str:
        """A topic as one token of a subject."""
        return self._prefix + quote(topic, safe="").replace(".", "%2E")

    def arrived(self, message: Msg) -> None:
        """Called by nats-py for each message."""
        self._hear(unquote(message.subject[len(self._prefix) :]), message.data)

    async def subscribe(self, topics: Sequence[str]) -> bool:
        """Hear these; True once NATS has answered a ping behind them."""
        for topic in topics:
            self._topics.setdefault(topic, None)
        client = self._client
        if client is None or not client.is_connected:
            return False
        try:
            await self._subscribe(client, topics)
            await client.flush(TIMEOUT_SECONDS)
        except FAILURES:
            return False
        return True

    async def _subscribe(self, client: Client, topics: Sequence[str]) -> None:
        async with self._turn:  # a listener and a reconnection may ask for the same topic at once
            for topic in topics:
                if self._topics.get(topic) is None:
                    made = await client.subscribe(self._subject(topic), pending_bytes_limit=0)
                    made._pending_queue = self._inbox  # type: ignore[assignment]  # noqa: SLF001 - see _Inbox
                    self._topics[topic] = made

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Hear these no more."""
        for topic in topics:
            made = self._topics.pop(topic, None)
            if made is not None:
                with contextlib.suppress(*FAILURES):
                    await made.unsubscribe()

    async def run(self) -> None:
        """Connect, and carry until cancelled; nats-py comes back after losses and subscribes anew."""
        client = await self._connect()
        self._client = client
        try:
            await self._subscribe(client, list(self._topics))
            while True:
                await self._send(client, await self.outgoing.take())
        finally:
            self._client = None
            await client.close()

    async def _connect(self) -> Client:
        while True:
            try:
                client = await nats.connect(
                    self._url,
                    connect_timeout=TIMEOUT_SECONDS,
                    reconnect_time_wait=AGAIN_SECONDS,
                    max_reconnect_attempts=-1,
                    ping_interval=PING_SECONDS,
                    max_outstanding_pings=PINGS_UNANSWERED,
                    error_cb=self._failed,
                    disconnected_cb=self._lost,
                    reconnected_cb=self._back,
                )
            except FAILURES as error:
                await self._failed(error)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                await self._back()
                return client

    async def _send(self, client: Client, messages: Sequence[Message]) -> None:
        try:
            for topic, data in messages:
                await client.publish(self._subject(topic), data)
        except FAILURES:
            self.outgoing.drop()

    async def _failed(self, error: Exception) -> None:
        if not self._said_down:
            log.warning("the bus is away; entries come by the database", error=repr(error))
        self._said_down = True

    async def _lost(self) -> None:
        self.outgoing.drop()
        await self._failed(ConnectionError("the connection to NATS is lost"))

    async def _back(self) -> None:
        self._said_down = False
        if self._client is not None:
            await self._subscribe(self._client, list(self._topics))
        log.info("the bus is up", topics=len(self._topics))
