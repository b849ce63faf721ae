"""What every test of the client may ask for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest
from clients.python.tests.fake_server import FakeServer

from hubbub_client import Client, Store
from hubbub_client.clock import SystemClock
from hubbub_client.events import Event
from hubbub_client.wire.codecs import CodecName

T = TypeVar("T")


class HurriedClock(SystemClock):
    """Time that a test moves for tokens, and waits that take a hundredth."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


class Watcher:
    """A client's events as they come, and a way to wait for one."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen: list[Event] = []
        self._grew = asyncio.Event()

    async def run(self) -> None:
        async for event in self.client.events():
            self.seen.append(event)
            self._grew.set()

    async def until(self, condition: Callable[[list[Event]], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition(self.seen):
                self._grew.clear()
                await self._grew.wait()

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.seen if isinstance(event, kind)]


def started(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Work that goes on while the test does something else."""
    return asyncio.get_running_loop().create_task(work)


Connect = Callable[..., Awaitable[Watcher]]


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    server = FakeServer()
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
async def clock() -> HurriedClock:
    return HurriedClock()


WIRES = [(transport, codec) for transport in ("websocket", "framed_tcp") for codec in ("json", "protobuf")]
"""The four combinations of protocol.md §1, which mean the same."""


@pytest.fixture(params=WIRES, ids=" ".join)
def wire(request: pytest.FixtureRequest) -> tuple[str, CodecName]:
    """What asks for it, or for `connect`, runs over each of the four."""
    found: tuple[str, CodecName] = request.param
    return found


@pytest.fixture
async def connect(
    server: FakeServer, clock: HurriedClock, wire: tuple[str, CodecName]
) -> AsyncIterator[Connect]:
    """Clients of the fake server, each with a watcher that consumes its events."""
    transport, codec = wire
    url = server.tcp_url if transport == "framed_tcp" else server.url
    opened: list[tuple[Watcher, asyncio.Task[None]]] = []

    async def connect_one(user: str, store: Store | None = None, **options: object) -> Watcher:
        client = Client(
            url, codec=codec, token=server.user(user), store=store, clock=clock, http=server.http(), **options
        )
        watcher = Watcher(client)
        opened.append((watcher, started(watcher.run())))
        await client.connect()
        return watcher

    yield connect_one
    for watcher, consumer in opened:
        await watcher.client.close()
        await consumer
