"""Who is connected where, on a real Redis: one truth for all nodes, and nothing but their own view without it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import Signals

import pytest

from hubbub.model.news import Lost, News
from hubbub.operate.cluster.redis import Redis
from hubbub.persist.shared_state import SharedState
from hubbub.persist.whereabouts import Whereabouts
from hubbub.runtime.breaker import CLOSED, OPEN, REST_MS
from hubbub.testing.clock import ManualClock

LEASE_MS = 10_000


class Node:
    def __init__(self, url: str, namespace: str, name: str, clock: ManualClock) -> None:
        self.state = SharedState(url, namespace, clock)
        self.said: list[News] = []
        self.where = Whereabouts(self.state, name, clock, lambda _, news: self.said.append(news), LEASE_MS)


@asynccontextmanager
async def nodes(url: str, namespace: str) -> AsyncIterator[tuple[ManualClock, Node, Node]]:
    clock = ManualClock()
    one, two = (Node(url, namespace, name, clock) for name in ("n1", "n2"))
    for node in (one, two, one):
        assert await node.where.renew() == {}
    yield clock, one, two
    for node in (one, two):
        await node.state.close()


@pytest.fixture
async def both(redis: Redis, request: pytest.FixtureRequest) -> AsyncIterator[tuple[ManualClock, Node, Node]]:
    async with nodes(redis.url, request.node.name) as made:
        yield made


Both = tuple[ManualClock, Node, Node]


async def test_who_comes_learns_whether_they_are_elsewhere(both: Both) -> None:
    _, one, two = both
    assert await one.where.moved({"alice": 1, "bob": 2}) == {"alice": False, "bob": False}
    assert await two.where.moved({"bob": 1}) == {"bob": True}
    assert await two.where.elsewhere(["alice", "bob", "carol"]) == {"alice": 1, "bob": 2}
    assert await one.where.elsewhere(["alice", "bob"]) == {"bob": 1}


async def test_who_lingers_is_there_and_who_is_gone_is_not(both: Both) -> None:
    _, one, two = both
    await one.where.moved({"alice": 1})
    await one.where.moved({"alice": 0})
    assert await two.where.elsewhere(["alice"]) == {"alice": 0}
    assert await one.where.moved({"alice": None}) == {"alice": False}
    assert await two.where.elsewhere(["alice"]) == {}


async def test_a_dead_nodes_users_are_taken_away_once_and_only_those_who_are_nowhere_else(both: Both) -> None:
    clock, one, two = both
    await one.where.moved({"alice": 1, "bob": 1})
    await two.where.moved({"bob": 1})
    clock.advance(LEASE_MS + 1)
    assert await two.where.renew() == {"alice": False}
    assert two.said == [Lost(["alice"])]
    assert await two.where.elsewhere(["alice", "bob"]) == {}
    assert await two.where.renew() == {}


async def test_a_node_that_drains_leaves_its_users_for_the_time_they_may_come_back(both: Both) -> None:
    clock, one, two = both
    await one.where.moved({"alice": 1})
    await one.where.end(30_000)
    for _ in range(5):
        clock.advance(5_000)
        assert await two.where.renew() == {}
    clock.advance(5_001)
    assert await two.where.renew() == {"alice": False}


async def test_installations_on_one_redis_do_not_see_each_other(redis: Redis) -> None:
    async with nodes(redis.url, "ours") as (_, ours, _), nodes(redis.url, "theirs") as (_, _, theirs):
        await ours.where.moved({"alice": 1})
        assert await theirs.where.elsewhere(["alice"]) == {}


async def test_a_node_with_very_many_users_tells_them_all(redis: Redis) -> None:
    """Told in one question, twenty thousand took longer than a question may take: it never ended, and was asked again and again."""
    async with nodes(redis.url, "many") as (_, one, two):
        users = [f"user{number}" for number in range(20_000)]
        assert await one.where.moved(dict.fromkeys(users, 1)) == dict.fromkeys(users, False)
        assert await two.where.elsewhere([users[0], users[-1]]) == {users[0]: 1, users[-1]: 1}


@pytest.mark.parametrize("trouble", ["stopped", "paused"])
async def test_redis_may_go_and_come_back(trouble: str) -> None:
    """What it was told is said to be forgotten, so that it is told again; nobody waits long for it meanwhile."""
    own = Redis()
    await asyncio.to_thread(own.start)
    try:
        async with nodes(own.url, "hubbub") as (clock, one, _):
            await one.where.moved({"alice": 1})
            assert one.where.is_forgotten()
            assert not one.where.is_forgotten()
            if trouble == "paused":
                own.send(Signals.SIGSTOP)
            else:
                await asyncio.to_thread(own.stop)
            while one.state.breaker.state == CLOSED:
                assert await one.where.moved({"alice": 2}) is None
            assert await one.where.elsewhere(["alice"]) == {}
            assert one.state.breaker.state == OPEN
            if trouble == "paused":
                own.send(Signals.SIGCONT)
            else:
                await asyncio.to_thread(own.start)
            async with asyncio.timeout(60):
                while one.state.breaker.state != CLOSED:
                    clock.advance(REST_MS)
                    assert await one.where.renew() == {}
            assert one.where.is_forgotten()
    finally:
        own.discard()
