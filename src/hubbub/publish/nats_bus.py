"""Core NATS as a bus.

What nats-py does by itself when a connection is lost is not used: it calls a connection good before it has asked for the
topics again, and some losses end it for good. A connection that is lost, or silent for `SILENT_SECONDS` although something is
sent to itself every second, is closed, and another one made that asks for every topic anew.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote, urlsplit

import structlog
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error, NoServersError

from hubbub.publish.line import Line, Pongs
from hubbub.publish.outgoing import Message, Outgoing
from hubbub.publish.telling import Hear
from hubbub.runtime.spawn import together

log = structlog.get_logger("hubbub.bus")

AGAIN_SECONDS = 0.5
PING_SECONDS = 1.0
SILENT_SECONDS = 3.0
TIMEOUT_SECONDS = 2
SLOW_BYTES = 1_048_576  # not yet taken by the network: the next are sent when NATS has answered, so `outgoing` fills and drops
FAILURES = (
    Error,
    OSError,
    TimeoutError,
    RuntimeError,
)  # uvloop calls a closed connection a RuntimeError


class NatsBus:
    """Implements publish.telling.Bus. `prefix` keeps the subjects of several Hubbubs on one server apart."""

    def __init__(self, url: str, prefix: str, hear: Hear) -> None:
        self._url = url
        self._others: list[str] = []
        self._prefix = f"{quote(prefix, safe='')}."
        self._hear = hear
        self._topics: set[str] = set()
        self._subscribed: dict[str, Subscription] = {}
        self._client: Client | None = None
        self._carries = False
        self._inbox = ""
        self._complaint: Exception | None = None
        self._turn = asyncio.Lock()
        self._pongs = Pongs()
        self._line = Line(AGAIN_SECONDS, FAILURES)
        self.outgoing = Outgoing()

    @property
    def is_up(self) -> bool:
        """Whether what is published now may arrive."""
        return self._carries and self._client is not None and self._client.is_connected

    def publish(self, messages: Sequence[Message]) -> None:
        """Send soon, in order; dropped where NATS is away."""
        if self.is_up:
            self.outgoing.put(messages)
        else:
            self.outgoing.dropped += len(messages)

    def _subject(self, topic: str) -> str:
        """A topic as one token of a subject; an inbox is two."""
        return self._prefix + quote(topic, safe="").replace(".", "%2E")

    async def subscribe(self, topics: Sequence[str]) -> bool:
        """Hear these; True once NATS has said so."""
        self._topics.update(topics)
        client = self._client
        if client is None:
            return False
        try:
            await self._ask_for(client, topics)
            await self._pong(client)
        except FAILURES:
            return False
        return True

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Hear these no more."""
        self._topics.difference_update(topics)
        async with self._turn:
            for topic in topics:
                left = self._subscribed.pop(topic, None)
                if left is not None:
                    with contextlib.suppress(*FAILURES):
                        await left.unsubscribe()

    async def _ask_for(self, client: Client, topics: Iterable[str]) -> None:
        async with self._turn:  # who comes second finds them asked for
            for topic in topics:
                if topic in self._topics and topic not in self._subscribed:
                    self._subscribed[topic] = await client.subscribe(self._subject(topic))

    async def _pong(self, client: Client, seconds: float = TIMEOUT_SECONDS) -> None:
        """Everything asked before this has been done.

        nats-py's own `flush` does not say that: its PING overtakes the subscriptions that wait for the next turn of the
        loop, and one given up breaks the connection when it is answered.
        """
        await self._pongs.answer(lambda name: client.publish(self._inbox, name), seconds)

    def _came(self, *, subject: str, data: bytes, **_: object) -> None:
        """Called by nats-py for each message, in order, to make what it would queue for a task of each topic: nothing."""
        if subject == self._inbox:
            self._pongs.came(data)
        else:
            self._hear(unquote(subject[len(self._prefix) :]), data)

    async def run(self) -> None:
        """Carry, and come back after losses, until cancelled."""
        await self._line.keep(self._session)

    async def _session(self) -> None:
        client, closed = Client(), asyncio.Event()
        client.msg_class = self._came  # type: ignore[assignment]
        try:
            await self._connect(client, closed)
            await together(self._watch(client), self._publish(client), _lost(client, closed))
        finally:
            self._client, self._carries = None, False
            self._subscribed.clear()
            self.outgoing.drop()
            self._others = self._seen_beside(client) or self._others
            with contextlib.suppress(*FAILURES):
                async with asyncio.timeout(TIMEOUT_SECONDS):  # a frozen server takes nothing any more
                    await client.close()

    async def _connect(self, client: Client, closed: asyncio.Event) -> None:
        async def is_closed() -> None:
            closed.set()

        try:
            await client.connect(
                [self._url, *self._others],
                connect_timeout=TIMEOUT_SECONDS,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=AGAIN_SECONDS,  # type: ignore[arg-type]
                inbox_prefix=f"{self._prefix}inbox",
                pending_size=0,  # a publisher that waits within nats-py cannot be cancelled: see SLOW_BYTES
                error_cb=self._complained,
                closed_cb=is_closed,
            )
        except NoServersError:
            raise ConnectionError(repr(self._complaint)) from None

    async def _complained(self, error: Exception) -> None:
        self._complaint = error
        if type(error) is Error and self.is_up:
            log.warning("NATS refuses something", error=str(error))

    def _seen_beside(self, client: Client) -> list[str]:
        """The other servers of the cluster, with the credentials of the URL."""
        user, at, _ = urlsplit(self._url).netloc.rpartition("@")
        return [uri._replace(netloc=f"{user}{at}{uri.netloc}").geturl() for uri in client.discovered_servers]

    async def _watch(self, client: Client) -> None:
        """Ask for every topic, say so once that is done, and see that the server lives."""
        self._inbox = client.new_inbox()
        await client.subscribe(self._inbox)
        self._client = client  # what is asked for from here on is asked for by `subscribe`
        await self._ask_for(client, list(self._topics))
        await self._pong(client)
        self._carries = True
        self._line.is_back(topics=len(self._topics))
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self._pong(client, SILENT_SECONDS)

    async def _publish(self, client: Client) -> None:
        while True:
            for topic, data in await self.outgoing.take():
                if len(data) > client.max_payload:
                    self.outgoing.dropped += 1
                else:
                    await client.publish(self._subject(topic), data)
            if client.pending_data_size > SLOW_BYTES:
                await self._pong(client)


async def _lost(client: Client, closed: asyncio.Event) -> None:
    await closed.wait()
    raise ConnectionError(repr(client.last_error))
