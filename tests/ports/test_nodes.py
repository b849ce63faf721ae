"""Which nodes serve a database, on real servers: who hears each other, who died, who is told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.ports.conftest import Make, empty, made_by

from hubbub.persist.engine import Database
from hubbub.persist.nodes import (
    BEAT_EVERY_MS,
    FORGOTTEN_AFTER_MS,
    GONE_AFTER_MS,
    ON_A_BUS,
    SILENT_AFTER_MS,
    Beat,
    Circle,
    StrangersError,
    check_strangers,
    serving,
)
from hubbub.testing.clock import ManualClock

OURS = Circle("v1")


@pytest.fixture(params=["postgres", "mariadb"])
def make_server_store(request: pytest.FixtureRequest) -> Make:
    return made_by(request, request.param)


@pytest.fixture
async def database(make_server_store: Make, tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(make_server_store(tmp_path))
    async with made.writing() as lane:
        await lane.run_sync(empty)
    yield made
    await made.close()


@pytest.mark.parametrize("circle", [OURS, Circle("v2", former="v1")])
async def test_who_hears_us_and_who_held_our_folder_are_no_strangers(
    database: Database, circle: Circle
) -> None:
    clock = ManualClock()
    await Beat(database, clock, "n1", OURS).beat()
    await check_strangers(database, clock, circle)
    assert await serving(database, clock()) == ["n1"]


@pytest.mark.parametrize("circle", [Circle("v2"), Circle(ON_A_BUS)])
async def test_a_stranger_that_lives_is_a_refusal(database: Database, circle: Circle) -> None:
    clock = ManualClock()
    stranger = Beat(database, clock, "n1", OURS)
    await stranger.beat()
    checking = asyncio.create_task(check_strangers(database, clock, circle))
    while not checking.done():
        clock.advance(BEAT_EVERY_MS)
        await stranger.beat()
    with pytest.raises(StrangersError, match="node n1 serves the same database"):
        await checking


async def test_a_stranger_that_was_killed_is_waited_for_and_long_afterwards_forgotten(
    database: Database,
) -> None:
    clock = ManualClock()
    await Beat(database, clock, "n1", OURS).beat()
    checking = asyncio.create_task(check_strangers(database, clock, Circle("v2")))
    clock.advance(SILENT_AFTER_MS)
    await checking
    ours = Beat(database, clock, "n2", Circle("v2"))
    await ours.beat()
    assert sorted(await serving(database, clock())) == ["n1", "n2"]
    clock.advance(FORGOTTEN_AFTER_MS)
    await ours.beat()
    assert await serving(database, clock() - GONE_AFTER_MS) == ["n2"]
    await ours.leave()
    assert await serving(database, clock()) == []


async def test_strangers_that_started_in_the_same_moment_are_told_once(database: Database) -> None:
    clock = ManualClock()
    one, other = Beat(database, clock, "n1", OURS), Beat(database, clock, "n2", Circle("v2"))
    with capture_logs() as said:
        for _ in range(3):
            await one.beat()
            await other.beat()
            clock.advance(BEAT_EVERY_MS)
    errors = [line["error"].partition(" serves")[0] for line in said if line["log_level"] == "error"]
    assert errors == ["node n1", "node n2"]
