"""Named tasks with an owner and an end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """The tasks of one owner; `cancel` ends them all. A task that fails tells the loop's exception handler."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def busy(self) -> bool:
        """Something runs."""
        return bool(self._running)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Start `work`."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    async def wait(self, task: asyncio.Task[Any], seconds: float) -> None:
        """Returns when `task` has ended, or after some time."""
        await asyncio.wait([task], timeout=seconds)

    async def wait_all(self, seconds: float) -> None:
        """Returns when all tasks have ended, or after some time."""
        if others := self._others():
            await asyncio.wait(others, timeout=seconds)

    def cancel_soon(self) -> None:
        """End all tasks but the one that asks; does not wait for their end."""
        for task in self._others():
            task.cancel()

    async def cancel(self) -> None:
        """End all tasks but the one that asks, and wait until they have ended."""
        self.cancel_soon()
        await asyncio.gather(*self._others(), return_exceptions=True)

    def _others(self) -> list[asyncio.Task[Any]]:
        return [task for task in self._running if task is not asyncio.current_task()]

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": f"task {task.get_name()} failed", "exception": error, "task": task}
            asyncio.get_running_loop().call_exception_handler(context)
