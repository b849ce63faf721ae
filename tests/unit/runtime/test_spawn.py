"""A task has a name, an owner and an end, and its failure is seen."""

import asyncio
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from hubbub.runtime import spawn
from hubbub.runtime.spawn import Tasks, together


async def test_a_task_runs_under_its_name() -> None:
    tasks = Tasks()

    async def name() -> str:
        task = asyncio.current_task()
        assert task is not None
        return task.get_name()

    assert await tasks.spawn(name(), "relay") == "relay"


async def test_a_failure_is_logged_with_the_name_and_costs_the_others_nothing() -> None:
    tasks = Tasks()
    going_on = tasks.spawn(asyncio.Event().wait(), "other")

    async def fail() -> None:
        raise LookupError

    with capture_logs() as logs:
        await asyncio.wait([tasks.spawn(fail(), "relay")])
        await asyncio.sleep(0)
    assert [(each["event"], each["task"]) for each in logs] == [("task failed", "relay")]
    assert not going_on.done()
    await tasks.stop()


async def test_stopping_ends_all_of_them_and_waits_for_their_last_act() -> None:
    tasks, ended, begun = Tasks(), list[str](), asyncio.Event()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("done")

    running = tasks.spawn(work(), "work")
    await begun.wait()
    with capture_logs() as logs:
        await tasks.stop()
    assert (ended, running.cancelled(), logs) == (["done"], True, [])
    await tasks.stop()


async def hard_of_hearing() -> None:
    """Loses one cancellation, as asyncio.wait_for of Python 3.11 does where what it waits for ends at that moment."""
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def test_who_did_not_hear_that_it_is_to_end_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node on Redis never ended, because its bus went on."""
    monkeypatch.setattr(spawn, "LAST_ACT_SECONDS", 0.01)
    tasks = Tasks()
    running = tasks.spawn(hard_of_hearing(), "bus")
    await asyncio.sleep(0)
    await tasks.stop()
    assert running.cancelled()


async def test_parts_end_together_also_those_that_did_not_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawn, "PART_SECONDS", 0.01)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    with pytest.raises(LookupError):
        await together(hard_of_hearing(), fail())
