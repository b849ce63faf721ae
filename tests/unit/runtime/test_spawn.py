"""A task has a name, an owner and an end, and its failure is seen."""

import asyncio

from structlog.testing import capture_logs

from hubbub.runtime.spawn import Tasks


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
