"""Every task has a name, an owner and an end; what ends by an exception is logged, never lost."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

log = structlog.get_logger("hubbub.tasks")

LAST_ACT_SECONDS = 5.0  # what a task of ours still does when it is cancelled takes less
PART_SECONDS = 1.0  # the parts of a task do nothing then


class Tasks:
    """The tasks of one owner; `stop` ends them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` in the background under a name."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task failed", task=task.get_name(), exc_info=task.exception())

    async def stop(self) -> None:
        """Cancel what still runs and wait for its end."""
        await _finish(list(self._tasks), LAST_ACT_SECONDS)


async def _finish(tasks: Sequence[asyncio.Task[Any]], seconds: float) -> None:
    """Cancel these and wait for their end; who goes on for so long is cancelled again.

    Once is not enough: asyncio.wait_for of Python 3.11, on which drivers stand, loses a cancellation that comes as what it
    waits for ends, and nats-py takes one for the end of its own waiting.
    """
    going_on = set(tasks)
    while going_on:
        for task in going_on:
            task.cancel()
        _, going_on = await asyncio.wait(going_on, timeout=seconds)
    await asyncio.gather(*tasks, return_exceptions=True)  # or their failures would be said to be lost


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Run these until one of them ends; the others end with it. Raises what that one raised."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _finish(tasks, PART_SECONDS)
