"""Every bus, held to the one port (publish/telling.Bus): what is subscribed is heard, and the bus may come and go."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest
from tests.services.nats import Nats

from hubbub.operate.cluster.redis import Redis
from hubbub.publish.local_bus import Broker, LocalBus
from hubbub.publish.nats_bus import NatsBus
from hubbub.publish.outgoing import Outgoing
from hubbub.publish.redis_bus import RedisBus
from hubbub.publish.telling import Bus, Hear

WITHIN = 60.0


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
        async with asyncio.timeout(WITHIN):
            await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)


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


async def test_what_is_said_right_after_a_confirmation_is_heard(carrier: Carrier) -> None:
    """One message in six was not: the PING of nats-py's `flush` overtakes the subscription it is to confirm."""
    one, two = Node(carrier), Node(carrier)
    async with running(one, two):
        await up(one, two)
        topics = [f"topic {number}" for number in range(50)]
        for topic in topics:
            assert await two.bus.subscribe([topic])
            one.bus.publish([(topic, b"said")])
        await until(lambda: len(two.heard) == len(topics))


async def test_what_is_asked_for_while_the_bus_comes_up_is_heard_too(carrier: Carrier) -> None:
    """What was asked for after a session had asked for its topics, and before it was up, was heard in the next one only."""
    node = Node(carrier)
    asked = []
    async with running(node):
        while not node.bus.is_up:
            asked.append(f"topic {len(asked)}")
            await node.bus.subscribe([asked[-1]])
            await asyncio.sleep(0)
        node.bus.publish([(topic, b"said") for topic in asked])
        await until(lambda: len(node.heard) == len(asked))


async def test_a_bus_ends_when_it_is_told_to_in_the_middle_of_anything(carrier: Carrier) -> None:
    """A node on Redis hung at its end, if something was published then: redis-py's write lost the cancellation."""
    for turns in range(40):
        node = Node(carrier)
        async with running(node):
            await up(node)
            for _ in range(turns):
                node.bus.publish([("topic", b"said")])
                await asyncio.sleep(0)


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
        one.bus.publish([("left", b"1"), ("kept", b"2"), ("mark", b"3")])
        await until(lambda: two.heard.keys() >= {"mark"})
        assert two.heard == {"kept": [b"2"], "mark": [b"3"]}


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
        one.bus.publish([("before", b"1"), ("meanwhile", b"2"), ("after", b"3")])
        await until(lambda: len(two.heard) == 3)
        assert two.heard == {"before": [b"1"], "meanwhile": [b"2"], "after": [b"3"]}


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
