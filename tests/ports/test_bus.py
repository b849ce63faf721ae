"""Every bus, held to the one port (publish/telling.Bus): what is subscribed is heard, and the bus may come and go."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest
from tests.services.nats import Nats
from tests.services.redis import Redis

from hubbub.publish.local_bus import Broker, LocalBus
from hubbub.publish.nats_bus import NatsBus
from hubbub.publish.outgoing import Outgoing
from hubbub.publish.redis_bus import RedisBus
from hubbub.publish.telling import Bus, Hear

WITHIN = 20.0


class Carrier(Protocol):
    """What carries a kind of bus: it can be taken away and given back."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def discard(self) -> None: ...
    def bus(self, hear: Hear, prefix: str) -> Bus: ...


class OverService:
    """Redis or NATS in a process of its own."""

    def __init__(self, service: Nats | Redis, kind: Callable[[str, str, Hear], Bus]) -> None:
        self._service = service
        self._kind = kind

    async def start(self) -> None:
        await asyncio.to_thread(self._service.start)

    async def stop(self) -> None:
        await asyncio.to_thread(self._service.stop)

    def discard(self) -> None:
        self._service.discard()

    def bus(self, hear: Hear, prefix: str) -> Bus:
        return self._kind(self._service.url, prefix, hear)


class OverSocket:
    """The broker of one machine. Every prefix has its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers: dict[str, tuple[Broker, asyncio.Server]] = {}

    async def start(self) -> None:
        for prefix in ("one", "two"):
            broker = Broker()
            self._servers[prefix] = (broker, await broker.serve(self._folder / prefix))

    async def stop(self) -> None:
        for broker, server in self._servers.values():
            server.close()
            broker.close()
        self._servers.clear()

    def discard(self) -> None:
        """The folder is the test's."""

    def bus(self, hear: Hear, prefix: str) -> Bus:
        return LocalBus(self._folder / prefix, hear)


def carrier_of(kind: str, folder: Path) -> Carrier:
    if kind == "redis":
        return OverService(Redis(), RedisBus)
    if kind == "nats":
        return OverService(Nats(), NatsBus)
    return OverSocket(folder)


class Node:
    """A bus and what came over it."""

    def __init__(self, carrier: Carrier, prefix: str = "one") -> None:
        self.heard: defaultdict[str, list[bytes]] = defaultdict(list)
        self.bus = carrier.bus(lambda topic, data: self.heard[topic].append(data), prefix)


@asynccontextmanager
async def running(*nodes: Node) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(node.bus.run()) for node in nodes]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not condition():
            await asyncio.sleep(0.01)


async def up(*nodes: Node) -> None:
    await until(lambda: all(node.bus.is_up for node in nodes))


@pytest.fixture(params=["local", "nats", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def carrier(kind: str, tmp_path: Path) -> AsyncIterator[Carrier]:
    made = carrier_of(kind, tmp_path)
    await made.start()
    yield made
    await made.stop()
    made.discard()


AWKWARD = ["c/abc", "u/a.b_c-d", "u/corp:Ærø *>%", "all"]


async def test_what_is_subscribed_is_heard_by_all_who_did_from_the_confirmation_on(carrier: Carrier) -> None:
    one, two, deaf = Node(carrier), Node(carrier), Node(carrier)
    async with running(one, two, deaf):
        await up(one, two, deaf)
        for node in (one, two):
            assert await node.bus.subscribe(AWKWARD)
        one.bus.publish([(topic, bytes([0, 255, number])) for number, topic in enumerate(AWKWARD)])
        expected = {topic: [bytes([0, 255, number])] for number, topic in enumerate(AWKWARD)}
        await until(lambda: one.heard == expected and two.heard == expected)
        assert deaf.heard == {}


async def test_one_publisher_is_heard_in_order_over_all_topics(carrier: Carrier) -> None:
    one, two = Node(carrier), Node(carrier)
    order: list[bytes] = []
    two.bus = carrier.bus(lambda _, data: order.append(data), "one")
    async with running(one, two):
        await up(one, two)
        assert await two.bus.subscribe(["a", "b"])
        sent = [(f"{'ab'[number % 2]}", b"%d" % number) for number in range(2_000)]
        for message in sent:
            one.bus.publish([message])
        await until(lambda: len(order) == len(sent))
        assert order == [data for _, data in sent]


async def test_a_topic_left_is_heard_no_more(carrier: Carrier) -> None:
    one, two = Node(carrier), Node(carrier)
    async with running(one, two):
        await up(one, two)
        assert await two.bus.subscribe(["left", "kept"])
        await two.bus.unsubscribe(["left"])
        assert await two.bus.subscribe(["mark"])
        async with asyncio.timeout(WITHIN):
            while two.heard.keys() < {"kept", "mark"}:  # a bus may lose what it likes
                one.bus.publish([("left", b"1"), ("kept", b"2"), ("mark", b"3")])
                await asyncio.sleep(0.1)
        assert {topic: set(heard) for topic, heard in two.heard.items()} == {"kept": {b"2"}, "mark": {b"3"}}


async def test_two_installations_on_one_server_do_not_hear_each_other(carrier: Carrier) -> None:
    ours, theirs = Node(carrier, "one"), Node(carrier, "two")
    async with running(ours, theirs):
        await up(ours, theirs)
        assert await ours.bus.subscribe(["all"])
        assert await theirs.bus.subscribe(["all"])
        ours.bus.publish([("all", b"ours")])
        theirs.bus.publish([("all", b"theirs")])
        await until(lambda: bool(ours.heard) and bool(theirs.heard))
        assert (ours.heard, theirs.heard) == ({"all": [b"ours"]}, {"all": [b"theirs"]})


async def test_a_bus_that_is_away_is_said_to_be_and_comes_back_with_its_topics(carrier: Carrier) -> None:
    one, two = Node(carrier), Node(carrier)
    async with running(one, two):
        await up(one, two)
        assert await two.bus.subscribe(["before"])
        await carrier.stop()
        await until(lambda: not one.bus.is_up and not two.bus.is_up)
        one.bus.publish([("before", b"lost")])
        assert not await two.bus.subscribe(["meanwhile"])
        await carrier.start()
        await up(one, two)
        assert await two.bus.subscribe(["after"])
        async with asyncio.timeout(WITHIN):
            while two.heard.keys() != {
                "before",
                "meanwhile",
                "after",
            }:  # what comes before its topics may be lost
                one.bus.publish([("before", b"1"), ("meanwhile", b"2"), ("after", b"3")])
                await asyncio.sleep(0.1)
        assert {topic: set(heard) for topic, heard in two.heard.items()} == {
            "before": {b"1"},
            "meanwhile": {b"2"},
            "after": {b"3"},
        }


async def test_a_bus_may_be_away_from_the_start(kind: str, tmp_path: Path) -> None:
    carrier = carrier_of(kind, tmp_path)
    node = Node(carrier)
    async with running(node):
        assert not await node.bus.subscribe(["early"])
        await carrier.start()
        await up(node)
        assert await node.bus.subscribe(["late"])
        node.bus.publish([("early", b"1"), ("late", b"2")])
        await until(lambda: len(node.heard) == 2)
    await carrier.stop()
    carrier.discard()


async def test_what_waits_for_a_slow_bus_is_bounded() -> None:
    outgoing = Outgoing(bound=10)
    outgoing.put([("a", b"12345"), ("a", b"12345"), ("a", b"x")])
    assert outgoing.dropped == 1
    assert await outgoing.take() == [("a", b"12345"), ("a", b"12345")]
    outgoing.put([("a", b"y")])
    outgoing.drop()
    assert outgoing.dropped == 2
