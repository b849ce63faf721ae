"""Who goes to two nodes has no second rate: each node hears what the other let pass (docs/operations.md, Nodes)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import httpx
import pytest
from tests.services.readings import Readings

from hubbub.operate.cluster.redis import Redis
from hubbub.runtime.breaker import OPEN
from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import PATIENCE, Person, Stage

BURST = 4
TOKEN_MS = 900_000  # until one more may pass
GUESS_MS = 60_000 // BURST
SETTINGS = {
    "HUBBUB_LIMITS_SEND_PER_SECOND": str(1000 / TOKEN_MS),
    "HUBBUB_LIMITS_SEND_BURST": str(BURST),
    "HUBBUB_LIMITS_CREATE_ROOM_PER_HOUR": str(BURST),
    "HUBBUB_LIMITS_PROFILE_PER_HOUR": str(BURST),
    "HUBBUB_LIMITS_LOGINS_PER_ACCOUNT": str(BURST),
}
EVERY = 0.1
LATE = 1.0  # s: a bus that is so late is away

Try = Callable[[ServerProcess], Awaitable[int]]


class Visitor:
    """Somebody who asks whichever node they like; each way of asking gives for how long (ms) it is refused, or 0."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._numbers = iter(range(10_000))
        self._chat = ""

    async def sends(self, node: ServerProcess) -> int:
        body = {"content": "x", "msg_id": str(next(self._numbers))}
        return await self._asks(node, "POST", f"/chats/{self._chat}/entries", body)

    async def creates_a_room(self, node: ServerProcess) -> int:
        return await self._asks(node, "POST", "/rooms", {"name": "A room"})

    async def changes_their_name(self, node: ServerProcess) -> int:
        return await self._asks(node, "PATCH", "/me", {"display_name": str(next(self._numbers))})

    async def guesses_a_password(self, node: ServerProcess) -> int:
        return await self._asks(node, "POST", "/sessions", {"user": self._person.user, "password": "a guess"})

    async def _asks(self, node: ServerProcess, method: str, path: str, body: dict[str, str]) -> int:
        headers = {"authorization": f"Bearer {self._person.token}"}
        async with httpx.AsyncClient(timeout=PATIENCE, headers=headers) as http:
            answer = await http.request(method, node.http + path, json=body)
        told = answer.json()
        if answer.is_success or answer.status_code == httpx.codes.UNAUTHORIZED:
            self._chat = self._chat or told.get("chat", "")
            return 0
        assert (answer.status_code, told["code"]) == (429, "rate_limited")
        wait: int = told["retry_after_ms"]
        return wait


async def visitor(stage: Stage, node: ServerProcess) -> Visitor:
    made = Visitor(await stage.signs_up("alice"))
    assert await made.creates_a_room(node) == 0
    return made


async def spend(tries: Try, nodes: Sequence[ServerProcess]) -> int:
    """Once on each node, then on each until it refuses; how often it passed."""
    passed = sum([await tries(node) == 0 for node in nodes])
    for node in nodes:
        while await tries(node) == 0:
            passed += 1
    return passed


async def eventually_owes(
    tries: Try, nodes: Sequence[ServerProcess], passed: int, token_ms: int = TOKEN_MS
) -> None:
    """On every node what passed beyond a burst must refill first; of the very first a node may not know."""
    async with asyncio.timeout(PATIENCE):
        for node in nodes:
            while await tries(node) <= (passed - BURST - 1) * token_ms:
                await asyncio.sleep(EVERY)


@pytest.mark.parametrize("what", ["sends", "changes_their_name"])
async def test_what_passed_on_one_node_is_owed_on_the_other(
    what: str, two: Stage, two_nodes: list[ServerProcess]
) -> None:
    tries = getattr(await visitor(two, two_nodes[0]), what)
    passed = await spend(tries, two_nodes)
    assert BURST <= passed <= len(two_nodes) * BURST
    await eventually_owes(tries, two_nodes, passed)


async def test_guesses_of_a_password_are_counted_together(two: Stage, two_nodes: list[ServerProcess]) -> None:
    guesses = (await visitor(two, two_nodes[0])).guesses_a_password
    passed = await spend(guesses, two_nodes)
    assert BURST <= passed <= len(two_nodes) * BURST
    await eventually_owes(guesses, two_nodes, passed, GUESS_MS)


async def until_bus(nodes: Sequence[ServerProcess], *, up: bool) -> None:
    """Every node measures that Redis answers, as a bus and when asked, or that it does not."""
    async with asyncio.timeout(PATIENCE):
        for node in nodes:
            while (await bus_of(node)) != (up, up, up):
                await asyncio.sleep(EVERY)


async def bus_of(node: ServerProcess) -> tuple[bool, bool, bool]:
    """Whether the bus is up, whether it is in time, whether Redis is not given up."""
    seen = (await asyncio.to_thread(Readings.of, node.internal)).value
    in_time = seen("hubbub_bus_lag_seconds") < LATE
    return seen("hubbub_bus_up") == 1, in_time, seen("hubbub_circuit_state", circuit="redis") != OPEN


async def test_without_redis_each_node_counts_for_itself_and_with_it_again_together(
    two: Stage, two_nodes: list[ServerProcess], own_redis: Redis
) -> None:
    own_redis.stop()
    alone = await visitor(two, two_nodes[0])
    assert await spend(alone.sends, two_nodes) == len(two_nodes) * BURST
    for node in two_nodes:
        assert 0 < await alone.sends(node) <= TOKEN_MS
    await until_bus(two_nodes, up=False)
    own_redis.start()
    await until_bus(two_nodes, up=True)
    together = await visitor(two, two_nodes[0])
    await eventually_owes(together.sends, two_nodes, await spend(together.sends, two_nodes))
