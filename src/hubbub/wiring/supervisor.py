"""Several processes on one port: workers are started, watched, replaced, and renewed one after the other on SIGHUP.

The listening sockets are the supervisor's, one a slot (SO_REUSEPORT), and stay open whatever becomes of a worker: who
connects while one is replaced waits in the socket's queue for the next.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import structlog

from hubbub.accept.http.internal import build_internal_app
from hubbub.accept.listener import BACKLOG, Port, bind
from hubbub.persist.nodes import Circle
from hubbub.publish.local_bus import Broker
from hubbub.runtime.spawn import Tasks
from hubbub.runtime.telemetry import Telemetry
from hubbub.wiring import gathered
from hubbub.wiring.settings import Settings
from hubbub.wiring.station import Station

log = structlog.get_logger("hubbub.supervisor")

START_SECONDS = 60.0
STEADY_SECONDS = 10.0  # a worker that lived so long did not die of its start
LONGEST_PAUSE = 30.0
CRASH_LOOP = 3  # deaths in a row before it is called so
LAST_SECONDS = 15.0  # beyond the drain: the last commits and the farewell


class Worker:
    """One process on a slot. `leaving`: its end is expected."""

    def __init__(self, process: asyncio.subprocess.Process, internal: str) -> None:
        self.process = process
        self.internal = internal
        self.leaving = False
        self.began = asyncio.get_running_loop().time()

    def leave(self) -> None:
        """Tell it to end well."""
        self.leaving = True
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)


class Slot:
    """One place: its listening sockets, and whoever works there."""

    def __init__(self, number: int, sockets: Sequence[socket.socket]) -> None:
        self.number = number
        self.sockets = sockets
        self.worker: Worker | None = None
        self.deaths = 0


class Supervisor:
    """`command` starts a worker once ` --worker <station>` is added to it."""

    def __init__(self, settings: Settings, command: Sequence[str], count: int, circle: Circle) -> None:
        self._settings = settings
        self._circle = circle
        self._command = command
        self._slots = [Slot(number, ()) for number in range(count)]
        self._tasks = Tasks()
        self._stop = asyncio.Event()
        self._bus = ""
        self._lifeline, self._alive = os.pipe()
        self._renewing = asyncio.Lock()
        self.restarts = 0

    async def run(self) -> int:
        """Until SIGTERM or SIGINT; gives the exit status. Raises OSError for ports."""
        port, tcp = self._listen()
        self._heed_signals()
        async with self._broker(), self._internal_pages() as internal:
            try:
                for slot in self._slots:
                    slot.worker = await self._start(slot)
            except RuntimeError as error:
                log.error("a worker did not start", error=str(error))  # noqa: TRY400 - it has said why itself
                await self._end()
                return 1
            host = self._settings.host
            framed = {} if tcp is None else {"tcp": f"{self._settings.tcp.host}:{tcp}"}
            log.info("serving", url=f"http://{host}:{port}", internal=internal, data=self._settings.data,
                     workers=len(self._slots), **framed)  # fmt: skip
            await self._stop.wait()
            await self._end()
        log.info("ended")
        return 0

    # ── what all stand on ───────────────────────────────────────────────────────────────────────────────────────

    def _listen(self) -> tuple[int, int | None]:
        """A listening socket for each slot; gives the numbers of the public port and of framed TCP."""
        settings = self._settings
        port, tcp = settings.port, settings.tcp.port
        for slot in self._slots:
            public = bind(settings.host, port, shared=True)
            port = public.getsockname()[1]
            sockets = [public]
            if tcp >= 0:
                sockets.append(bind(settings.tcp.host, tcp, shared=True))
                tcp = sockets[1].getsockname()[1]
            for each in sockets:
                each.listen(BACKLOG)
            slot.sockets = sockets
        return port, tcp if tcp >= 0 else None

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._tasks.spawn(self._renew(), "rolling restart"))

    @contextlib.asynccontextmanager
    async def _broker(self) -> AsyncIterator[None]:
        """A bus for the workers of this machine, where the settings name none."""
        if self._settings.bus:
            yield
            return
        with tempfile.TemporaryDirectory(prefix="hubbub-") as folder:
            broker = Broker()
            server = await broker.serve(Path(folder) / "bus")
            self._bus = f"unix://{folder}/bus"
            try:
                yield
            finally:
                server.close()
                broker.close()

    @contextlib.asynccontextmanager
    async def _internal_pages(self) -> AsyncIterator[str]:
        app = build_internal_app(self._reasons, self._metrics)
        pages = Port(app, self._settings.internal_host, self._settings.internal_port, gate=None)
        number = await pages.open()
        self._tasks.spawn(pages.serve(), "internal port")
        try:
            yield f"http://{self._settings.internal_host}:{number}"
        finally:
            await pages.close()
            await self._tasks.stop()

    async def _reasons(self) -> list[str]:
        if self._stop.is_set():
            return ["draining"]
        return await gathered.reasons(
            [(slot.number, None if slot.worker is None else slot.worker.internal) for slot in self._slots]
        )

    async def _metrics(self, accept: str) -> tuple[bytes, str]:
        working = [slot.worker.internal for slot in self._slots if slot.worker is not None]
        telemetry = Telemetry()
        telemetry.read("workers", lambda: len(working))
        telemetry.read("worker_restarts_total", lambda: self.restarts)
        own, media_type = await telemetry.exposition(accept)
        return await gathered.metrics(working, own.decode(), accept), media_type

    # ── a worker's life ─────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self, slot: Slot) -> Worker:
        """Start a worker and wait until it serves. Raises RuntimeError if it does not."""
        reading, writing = os.pipe()
        public, *framed = (each.fileno() for each in slot.sockets)
        station = Station(slot=slot.number, ready=writing, lifeline=self._lifeline, public=public,
                          circle=self._circle, tcp=framed[0] if framed else None, bus=self._bus)  # fmt: skip
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, "--worker", str(station), pass_fds=(writing, self._lifeline, public, *framed)
            )
        finally:
            os.close(writing)
        internal = await self._ready(reading)
        if not internal:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            msg = f"worker {slot.number} ended with status {await process.wait()}"
            raise RuntimeError(msg)
        worker = Worker(process, internal)
        self._tasks.spawn(self._watch(slot, worker), f"worker {slot.number}")
        return worker

    async def _ready(self, descriptor: int) -> str:
        """What the worker says when it serves; nothing if it ended first, or took too long."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                return (await reader.readline()).decode().strip()
        except TimeoutError:
            return ""
        finally:
            transport.close()

    async def _watch(self, slot: Slot, worker: Worker) -> None:
        """Replace the worker if it dies; one that dies at every start is tried less and less often."""
        status = await worker.process.wait()
        if worker.leaving or self._stop.is_set():
            return
        slot.worker = None
        lived = asyncio.get_running_loop().time() - worker.began
        slot.deaths = slot.deaths + 1 if lived < STEADY_SECONDS else 1
        log.error("a worker died; another takes its place", worker=slot.number, status=status)
        await self._replace(slot)

    async def _replace(self, slot: Slot) -> None:
        while not self._stop.is_set():
            self.restarts += 1
            pause = 0.0 if slot.deaths == 1 else min(2.0 ** (slot.deaths - 2), LONGEST_PAUSE)
            if slot.deaths >= CRASH_LOOP:
                log.error("a worker dies again and again", worker=slot.number, again_in_seconds=pause)
            await asyncio.sleep(pause)
            try:
                slot.worker = await self._start(slot)
            except RuntimeError as error:
                slot.deaths += 1
                log.error("a worker did not start", error=str(error))  # noqa: TRY400 - it has said why itself
            else:
                return

    async def _renew(self) -> None:
        """One after the other: the new worker serves before the old one is told to leave."""
        async with self._renewing:
            log.info("rolling restart", workers=len(self._slots))
            for slot in self._slots:
                old = slot.worker
                if old is None or self._stop.is_set():
                    continue
                try:
                    slot.worker = await self._start(slot)
                except RuntimeError as error:
                    log.error("rolling restart given up; the old workers go on", error=str(error))  # noqa: TRY400
                    return
                old.leave()
                await old.process.wait()
            log.info("every worker is renewed")

    async def _end(self) -> None:
        """All drain at once."""
        self._stop.set()
        working = [slot.worker for slot in self._slots if slot.worker is not None]
        for worker in working:
            worker.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds + LAST_SECONDS):
                await asyncio.gather(*(worker.process.wait() for worker in working))
        for worker in working:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()
        for slot in self._slots:
            for each in slot.sockets:
                each.close()
        os.close(self._alive)


def count_of(workers: str) -> int:
    """The setting `workers` as a number; `auto` is one for each core this process may use."""
    return len(os.sched_getaffinity(0)) if workers == "auto" else int(workers)


def command_line() -> list[str]:
    """How this process was started: workers read the same settings, and on SIGHUP what they are by then."""
    return [sys.executable, *sys.argv]
