"""Features that are let go (docs/protocol.md §7): what a client is told, that nothing breaks, and that they come back."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGCONT, SIGSTOP

import httpx
import pytest
from tests.operate.test_administration import operator

from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import PATIENCE, Stage

pytestmark = [pytest.mark.inside, pytest.mark.wires("websocket+json")]
PAGES = 150  # of 80 KB: more than the kernel keeps for a socket on both sides
STOPPED, RUNNING = 0.4, 0.02  # seconds: a tick of 0.25 s is late by 0.15 at least


async def switch(stage: Stage, feature: str, mode: str) -> None:
    answer = (await operator(stage).put(f"/admin/switches/{feature}", {"mode": mode})).gives(200)
    assert {each["feature"]: each["mode"] for each in answer["switches"]}[feature] in {mode, "on"}


async def measured_off(stage: Stage, feature: str) -> bool:
    async with httpx.AsyncClient() as client:
        told = (await client.get(f"{stage.server.internal}/metrics")).text
    (value,) = re.findall(rf'^hubbub_feature_off{{feature="{feature}"}} (.+)$', told, re.MULTILINE)
    return float(value) == 1


async def stumble(server: ServerProcess) -> None:
    """Every tick of a quarter of a second falls due in a stop, and is late by what is left of it."""
    try:
        while True:
            server.signal(SIGSTOP)
            await asyncio.sleep(STOPPED)
            server.signal(SIGCONT)
            await asyncio.sleep(RUNNING)
    finally:
        server.signal(SIGCONT)


@asynccontextmanager
async def stumbling(server: ServerProcess) -> AsyncIterator[None]:
    task = asyncio.create_task(stumble(server))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def search_becomes(stage: Stage, *, let_go: bool) -> None:
    """To clients and to whoever measures."""
    async with asyncio.timeout(PATIENCE):
        while (await off(stage) == ["search"], await measured_off(stage, "search")) != (let_go, let_go):
            await asyncio.sleep(0.05)


async def off(stage: Stage) -> list[str]:
    return (await stage.stranger.get("/server")).gives(200)["off"]


@pytest.fixture
async def stage(own_stage: Stage) -> Stage:
    """A server of the test's own: what is switched is switched for everybody on it."""
    return own_stage


async def test_typing_is_taken_and_told_to_nobody(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await switch(stage, "typing", "off")
    assert await off(stage) == ["typing"]
    await alice.says("typing", chat=room, on=True)
    await alice.asks("ping")
    await bob.hears_nothing(of="typing")
    await switch(stage, "typing", "default")
    await alice.says("typing", chat=room, on=True)
    await bob.eventually_hears("typing", chat=room, user=alice, on=True)


async def test_presence_is_answered_as_to_a_stranger_and_told_again_when_it_is_back(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    await switch(stage, "presence", "off")
    unknown = {"user": bob.user, "online": False, "last_seen": None}
    assert (await alice.asks("presence", users=[bob.user]))["presences"] == [unknown]
    carol = await stage.signs_up("carol")
    late = await carol.connects()
    chat = await stage.friends(alice, late)
    await alice.hears_nothing(of="presence")
    await switch(stage, "presence", "on")
    await alice.eventually_hears("presence", user=late, online=True)
    assert (await alice.asks("presence", users=[bob.user]))["presences"][0]["online"] is True
    assert chat


async def test_receipts_are_kept_and_told_to_nobody(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await switch(stage, "receipts", "off")
    sent = await alice.asks("send", msg_type="group", to=room, content="hi", msg_id="1")
    await bob.asks("read", chat=room, seq=sent["seq"])
    await alice.hears_nothing(of="receipt")
    members = (await alice.asks("members", chat=room))["members"]
    assert {each["user"]: each["read"] for each in members}[bob.user] == sent["seq"]
    await switch(stage, "receipts", "default")
    again = await alice.asks("send", msg_type="group", to=room, content="ho", msg_id="2")
    await bob.asks("read", chat=room, seq=again["seq"])
    await alice.eventually_hears("receipt", chat=room, user=bob, read=again["seq"])


async def test_search_is_refused_and_the_list_is_not(stage: Stage) -> None:
    (alice,) = await stage.people("alice")
    room = await stage.room(alice)
    await switch(stage, "search", "off")
    await alice.is_refused("unavailable", "rooms", query="room")
    (await alice.http.get("/rooms", query="room")).refuses(503, "unavailable")
    assert room in [each["chat"] for each in (await alice.asks("rooms"))["rooms"]]
    await switch(stage, "search", "default")
    assert (await alice.asks("rooms", query="room"))["rooms"]


async def test_a_switch_survives_a_restart_and_is_measured(stage: Stage) -> None:
    assert (await operator(stage).get("/admin/switches")).gives(200)["switches"][0]["on"] is True
    await switch(stage, "search", "off")
    (await operator(stage).put("/admin/switches/flying", {"mode": "on"})).refuses(404, "not_found")
    await stage.stops_the_server()
    stage.server.start()
    assert await off(stage) == ["search"]
    assert await measured_off(stage, "search")
    assert not await measured_off(stage, "typing")


@pytest.mark.settings(HUBBUB_DEGRADE_TYPING="off")
async def test_a_setting_switches_too(stage: Stage) -> None:
    assert await off(stage) == ["typing"]
    await switch(stage, "typing", "on")
    assert await off(stage) == []


@pytest.mark.settings(
    HUBBUB_DEGRADE_SEARCH="auto", HUBBUB_DEGRADE_LATE_MS="100", HUBBUB_DEGRADE_CALM_SECONDS="1"
)
async def test_a_node_that_is_late_lets_go_by_itself_and_takes_it_back(stage: Stage) -> None:
    await search_becomes(stage, let_go=False)  # a busy machine may have made it late already
    async with stumbling(stage.server):
        await search_becomes(stage, let_go=True)
    await search_becomes(stage, let_go=False)


@pytest.mark.settings(
    HUBBUB_DEGRADE_SEARCH="auto", HUBBUB_DEGRADE_WAITING_BYTES=50_000, HUBBUB_DEGRADE_CALM_SECONDS=1
)
async def test_a_node_whose_clients_read_too_slowly_lets_go_too(stage: Stage) -> None:
    """Bob asks for more than the network holds, and reads none of it: the server stops at 64 KiB, and answers no more."""
    [bob] = await stage.people("bob")
    room = await stage.room(bob)
    for number in range(10):
        await bob.asks("send", msg_type="group", to=room, content="m" * 8_000, msg_id=f"{number}")
    asked = [await bob.says("history", chat=room, limit=100) for _ in range(PAGES)]
    await search_becomes(stage, let_go=True)
    for each in asked:
        assert len((await bob.answer(each))["entries"]) > 10
    await search_becomes(stage, let_go=False)
