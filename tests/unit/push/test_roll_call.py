"""Nodes that call their rolls over a bus that loses, repeats and reorders: all agree on who is where."""

import asyncio
from collections import defaultdict
from random import Random

import pytest

from hubbub.model.news import Holds, Lives, News, Unsure
from hubbub.push import roll_call
from hubbub.push.roll_call import RollCall
from hubbub.runtime.spawn import Tasks

LEASE_SECONDS = 10


class Air:
    """What nodes say to each other. `bad`: some is lost, some comes twice, some late."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.nodes: dict[str, RollCall] = {}
        self.waiting: list[tuple[str, News]] = []
        self.tasks = Tasks()
        self.said = 0
        self.bad = False
        self.up = True

    def node(self, name: str) -> RollCall:
        def say(_topic: str, news: News) -> None:
            self.said += 1
            if self.up:
                self.waiting += [(other, news) for other in self.nodes if other != name]

        self.nodes[name] = RollCall(name, say, self.tasks.spawn, lambda: self.up, LEASE_SECONDS)
        return self.nodes[name]

    async def carry(self) -> None:
        """What was said, and what is said to that, arrives."""
        for _ in range(10):
            await asyncio.sleep(0)
            waiting, self.waiting = self.waiting, []
            if self.bad:
                self.random.shuffle(waiting)
                waiting = [each for each in waiting for _ in range(self.random.choice((0, 1, 1, 2)))]
            for name, news in waiting:
                self._hear(self.nodes.get(name), news)

    def _hear(self, node: RollCall | None, news: News) -> None:
        if node is None:
            return
        if isinstance(news, Holds):
            node.heard(news)
        elif isinstance(news, Lives):
            node.heard_of(news)
        elif isinstance(news, Unsure):
            node.asked(news)

    async def second(self) -> dict[str, dict[str, bool]]:
        """A second passes; what each node finds out by itself."""
        found = {name: await node.renew() for name, node in self.nodes.items()}
        await self.carry()
        return found


@pytest.fixture
def air() -> Air:
    return Air(Random(7))


async def acquainted(air: Air, *names: str) -> list[RollCall]:
    nodes = [air.node(name) for name in names]
    for _ in range(3):
        await air.second()
    return nodes


async def test_who_comes_and_goes_is_known_to_all_at_once(air: Air) -> None:
    one, two = await acquainted(air, "one", "two")
    assert await one.moved({"alice": 1, "bob": 2}) == {"alice": False, "bob": False}
    await air.carry()
    assert await two.moved({"bob": 1}) == {"bob": True}
    assert await two.elsewhere(["alice", "bob", "carol"]) == {"alice": 1, "bob": 2}
    await one.moved({"alice": 0, "bob": None})
    await air.carry()
    assert await two.elsewhere(["alice", "bob"]) == {"alice": 0}
    assert await air.second() == {"one": {}, "two": {}}


async def test_who_joins_late_is_told_everything_and_finds_who_is_there(air: Air) -> None:
    (one,) = await acquainted(air, "one")
    await one.moved({"alice": 1})
    late = air.node("late")
    await air.second()
    assert await late.elsewhere(["alice"]) == {"alice": 1}
    assert (await air.second())["late"] == {"alice": True}
    assert (await air.second())["late"] == {}


async def test_a_dead_nodes_users_are_nowhere_once_its_lease_is_over(air: Air) -> None:
    one, two = await acquainted(air, "one", "two")
    await two.moved({"alice": 1, "bob": 1})
    await one.moved({"bob": 1})
    await air.carry()
    del air.nodes["two"]
    for _ in range(LEASE_SECONDS):
        assert await one.renew() == {}
        assert await one.elsewhere(["alice"]) == {"alice": 1}
    assert await one.renew() == {"alice": False}
    assert await one.elsewhere(["alice", "bob"]) == {}


async def test_a_node_that_drains_leaves_its_users_for_the_time_they_may_come_back(air: Air) -> None:
    _, two = await acquainted(air, "one", "two")
    await two.moved({"alice": 1})
    await two.end(30_000)
    await air.carry()
    for _ in range(30):
        assert (await air.second())["one"] == {}
    assert (await air.second())["one"] == {"alice": False}


async def test_two_nodes_that_let_go_in_the_same_moment_each_believing_the_other_had_them(air: Air) -> None:
    """Neither tells of it; so everybody finds it out."""
    one, two, _ = await acquainted(air, "one", "two", "three")
    for node in (one, two):
        await node.moved({"alice": 0})
        await air.carry()
    assert [await node.moved({"alice": None}) for node in (one, two)] == [{"alice": True}, {"alice": True}]
    await air.carry()
    assert await air.second() == {name: {"alice": False} for name in air.nodes}


async def test_while_the_bus_is_away_nobody_is_known_and_nobody_dies(air: Air) -> None:
    one, two = await acquainted(air, "one", "two")
    await two.moved({"alice": 1})
    await air.carry()
    air.up = False
    for _ in range(2 * LEASE_SECONDS):
        assert (await air.second())["one"] == {}
    assert await one.elsewhere(["alice"]) == {}
    assert await one.moved({"bob": 1}) is None
    air.up = True
    for _ in range(3):
        await air.second()
    assert await one.elsewhere(["alice"]) == {"alice": 1}
    assert await two.elsewhere(["bob"]) == {"bob": 1}


async def test_many_users_are_told_in_pieces(air: Air, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_call, "CHUNK", 10)
    one, two = await acquainted(air, "one", "two")
    users = [f"user{number}" for number in range(95)]
    said = air.said
    await one.moved(dict.fromkeys(users, 1))
    assert air.said - said == 10
    await air.carry()
    assert len(await two.elsewhere(users)) == 95


async def test_of_what_no_node_should_hold_only_so_much_is_kept(
    air: Air, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll_call, "KEPT", 2)
    one, two = await acquainted(air, "one", "two")
    await one.moved({"alice": 1, "bob": 1, "carol": 1})
    await air.carry()
    assert await two.elsewhere(["alice", "bob", "carol"]) == {"alice": 1, "bob": 1}


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_the_bus_does_all_agree_in_the_end(seed: int) -> None:
    """What was told and found out, taken together, is the truth for each node too."""
    random = Random(seed)
    air = Air(random)
    nodes = await acquainted(air, "one", "two", "three")
    truth: dict[str, dict[str, int]] = defaultdict(dict)
    air.bad = True
    for _ in range(60):
        name, user = random.choice(list(air.nodes)), random.choice(("alice", "bob", "carol", "dave"))
        count = random.choice((None, 0, 1, 2))
        await air.nodes[name].moved({user: count})
        truth[user].pop(name, None)
        if count is not None:
            truth[user][name] = count
        if random.random() < 0.3:
            await air.second()
    air.bad = False
    for _ in range(4):
        await air.second()
    for name, node in zip(air.nodes, nodes, strict=True):
        there = {user: {n: c for n, c in counts.items() if n != name} for user, counts in truth.items()}
        expected = {user: sum(counts.values()) for user, counts in there.items() if counts}
        assert await node.elsewhere(list(truth)) == expected
