"""The processes the clients live in. They and the bench meet at a barrier, so both know what a measurement covers.

One process per core that the server leaves free. A generator that itself has no time left measures itself: `busiest`
tells how much of its core the busiest process used, and the report says so beyond 90 %.
"""

import asyncio
import gc
import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from typing import Any

import uvloop

MEETING_SECONDS = 600
BUSY = 0.9
Work = Callable[["Part", Any], Awaitable[Any]]
"""What a process does with its plan; what it gives back must be picklable."""


def processes_here() -> int:
    """One per core, and one core for the server."""
    return max(1, (os.cpu_count() or 1) - 1)


@dataclass(frozen=True)
class Moment:
    """The clocks of one process: seconds of CPU and of the wall."""

    cpu: float
    wall: float

    @classmethod
    def now(cls) -> "Moment":
        """Read them."""
        return cls(time.process_time(), time.perf_counter())

    def share_since(self, before: "Moment") -> float:
        """The part of one core used since then."""
        return (self.cpu - before.cpu) / (self.wall - before.wall)


class Part:
    """One process's side: where it meets the others, and how it tells of its progress."""

    def __init__(self, barrier: Barrier, progress: "Synchronized[int]") -> None:
        self._barrier = barrier
        self._progress = progress

    async def meet(self) -> Moment:
        """Wait for all processes and the bench, the clients served meanwhile."""
        await asyncio.to_thread(self._barrier.wait, MEETING_SECONDS)
        return Moment.now()

    def progressed(self, steps: int = 1) -> None:
        """So many steps are done."""
        with self._progress.get_lock():
            self._progress.value += steps


class Crew:
    """The bench's side of its processes."""

    def __init__(self, barrier: Barrier, progress: "Synchronized[int]", pipes: Sequence[Connection]) -> None:
        self._barrier = barrier
        self._progress = progress
        self._pipes = pipes

    @property
    def progress(self) -> int:
        """Steps done by all processes together."""
        return self._progress.value

    def meet(self, watch: Callable[[int], None] | None = None) -> Moment:
        """Wait for all processes; `watch` is given their progress meanwhile. Raises what a process raised."""
        stop = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(stop, watch), daemon=True)
        if watch is not None:
            watcher.start()
        try:
            self._barrier.wait(MEETING_SECONDS)
        except threading.BrokenBarrierError:
            self._raise_failure()
            raise
        finally:
            stop.set()
        return Moment.now()

    def _watch(self, stop: threading.Event, watch: Callable[[int], None] | None) -> None:
        while watch is not None and not stop.wait(0.1):
            watch(self.progress)

    def _raise_failure(self) -> None:
        for pipe in self._pipes:
            if pipe.poll(1):
                _result(pipe)

    def results(self) -> list[Any]:
        """What the processes gave back, in the order of their plans. Raises what a process raised."""
        return [_result(pipe) for pipe in self._pipes]


def _result(pipe: Connection) -> Any:  # noqa: ANN401 - whatever the work gives
    result, failure = pipe.recv()
    if failure:
        raise RuntimeError(f"a process of the generator failed:\n{failure}")
    return result


@contextmanager
def crew(work: Work, plans: Sequence[Any]) -> Iterator[Crew]:
    """A process for each plan, all at `work`."""
    spawning = multiprocessing.get_context("spawn")
    barrier, progress = spawning.Barrier(len(plans) + 1), spawning.Value("q", 0)
    pipes, processes = [], []
    for plan in plans:
        ours, theirs = spawning.Pipe(duplex=False)
        process = spawning.Process(target=_run, args=(work, plan, barrier, progress, theirs), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        yield Crew(barrier, progress, pipes)
    finally:
        barrier.abort()
        for process in processes:
            process.join(10)
            process.kill()


def _run(work: Work, plan: object, barrier: Barrier, progress: "Synchronized[int]", pipe: Connection) -> None:
    async def run() -> object:
        gc.disable()  # clients hold each other in no cycles; a collection of thousands of them is a pause
        return await work(Part(barrier, progress), plan)

    try:
        result = uvloop.run(run())
    except BaseException:  # noqa: BLE001 - told to the bench, which raises it
        pipe.send((None, traceback.format_exc()))
        barrier.abort()
    else:
        pipe.send((result, None))
