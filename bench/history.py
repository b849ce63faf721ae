"""What a page of history, a send and a resume cost in a database of millions of entries, against a nearly empty one.

One connection asks one thing after the other, so what is measured is the way there and back. `hot` pages are the newest of
one room, asked again and again; `cold` ones begin anywhere in any room. The reference is the same on a database whose rooms
hold a page each.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.client import MASK, Client, Tally, send_frame
from load.generator import Part, crew
from load.quantiles import SHARES, quantile
from load.report import Report, Steps, conduct, options
from load.sampling import sampling
from load.server import NO_PINGS, serving
from load.world import Room, build, room_id, talk, token_of

from hubbub.codec.websocket_frames import masked_text_frame

TIMES = 2.0  # of the cost on the small database
PAGE = 50
SMALL = PAGE + 1  # messages in a room of the reference
MISSED = 20
PATIENCE = 30  # seconds for one answer
NAMES = ("page, hot", "page, cold", "send", "resume")


@dataclass(frozen=True)
class Plan:
    """What the process does. `entries`: of each of `rooms`; `count`: how often it asks each thing."""

    port: int
    rooms: int
    entries: int
    count: int


class Asking(Client):
    """Waits for one answer at a time. It has a tally of its own."""

    __slots__ = ("_answer", "_hello")

    def __init__(self, hello: bytes) -> None:
        super().__init__(Tally(), 0)
        self._hello = hello
        self._answer: asyncio.Future[None] | None = None

    def hello(self) -> bytes:
        """What it was given."""
        return self._hello

    def answered(self) -> None:
        """`sent`, or an error."""
        if self._answer is not None:
            self._answer.set_result(None)
            self._answer = None

    def other(self, kind: int, first: int, payload: bytes) -> None:
        """A page is an answer."""
        super().other(kind, first, payload)
        if payload.startswith(b'{"type":"page"'):
            self.answered()

    async def ask(self, frame: bytes) -> None:
        """One request and its answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(frame)
        await asyncio.wait_for(self._answer, PATIENCE)


class Asker:
    """The things asked, each as a coroutine that ends with the answer."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._drawn = random.Random(7)
        self._said = 0
        self._client: Asking

    async def open(self) -> None:
        """The connection that stays."""
        self._client = await _dial(
            self._plan.port, _frame({"type": "hello", "token": token_of(0), "chats": "none"})
        )

    async def hot(self) -> None:
        """The newest page of one room."""
        await self._client.ask(_frame({"type": "history", "chat": room_id(0), "limit": PAGE}))

    async def cold(self) -> None:
        """A page from anywhere."""
        chat = room_id(self._drawn.randrange(self._plan.rooms))
        before = self._drawn.randint(PAGE + 1, self._plan.entries)
        await self._client.ask(_frame({"type": "history", "chat": chat, "before": before, "limit": PAGE}))

    async def send(self) -> None:
        """A message, until it is durable."""
        self._said += 1
        await self._client.ask(send_frame(1, room_id(self._plan.rooms - 1), "x" * 40, f"new-{self._said}"))

    async def resume(self) -> None:
        """Another connection that missed some messages of one room, until it has them."""
        cursors = {
            room_id(each): self._plan.entries - (0 if each else MISSED)
            for each in range(self._plan.rooms - 1)
        }
        hello = {"type": "hello", "token": token_of(0), "cursors": cursors, "chats": "none"}
        client = await _dial(self._plan.port, _frame(hello))
        await asyncio.wait_for(client.tally.await_messages(MISSED).wait(), PATIENCE)
        client.transport.abort()

    def things(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """By the names they have in the report."""
        return dict(zip(NAMES, (self.hot, self.cold, self.send, self.resume), strict=True))

    def failed(self) -> int:
        """How many requests were refused."""
        return len(self._client.tally.errors)


def _frame(fields: Mapping[str, object]) -> bytes:
    return masked_text_frame(json.dumps({"id": 1, **fields}).encode(), MASK)


async def _dial(port: int, hello: bytes) -> Asking:
    _, client = await asyncio.get_running_loop().create_connection(lambda: Asking(hello), "127.0.0.1", port)
    if client.opened is not None:
        await client.opened
    return client


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """The process: each thing between two meetings."""
    asker = Asker(plan)
    await asker.open()
    waits: dict[str, list[float]] = {}
    for name, thing in asker.things().items():
        await thing()
        await part.meet()
        waits[name] = [await _timed(thing) for _ in range(plan.count)]
        await part.meet()
    return {"waits": waits, "errors": asker.failed()}


async def _timed(thing: Callable[[], Awaitable[None]]) -> float:
    begun = time.perf_counter()
    await thing()
    return time.perf_counter() - begun


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--entries", type=int, default=10_000_000, help="of all rooms together")
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--count", type=int, default=1_000, help="how often each thing is asked")
    conduct(parser, run)


@dataclass
class Measured:
    """Seconds that the answers took, rising, and seconds of the server's CPU, by what was asked."""

    waits: Mapping[str, Sequence[float]]
    cpu: Mapping[str, float]
    errors: int


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    large, profile = _measure(asked, data / "large", asked.entries // asked.rooms, progress)
    small, _ = _measure(asked, data / "small", SMALL, progress)
    report = _report(asked, large, small)
    report.notes += profile
    return report


def _measure(
    asked: argparse.Namespace, store: Path, entries: int, progress: Steps
) -> tuple[Measured, list[str]]:
    bar = progress.step(f"{asked.rooms} rooms of {entries:,} messages", asked.rooms)
    build(store, 1, [Room(room_id(each), [0]) for each in range(asked.rooms)])
    talk(store, [room_id(each) for each in range(asked.rooms)], entries, bar.to)
    cpu: dict[str, float] = {}
    with (
        serving(store, NO_PINGS) as server,
        sampling(asked, server.pid, "history") as profile,
        crew(work, [Plan(server.port, asked.rooms, entries, asked.count)]) as generator,
    ):
        for name in NAMES:
            bar = progress.step(f"{entries:,}: {name}", 1)
            before = server.cpu()
            generator.meet()
            generator.meet()
            cpu[name] = server.cpu() - before
            bar.to(1)
        (seen,) = generator.results()
    return Measured(
        {name: sorted(waits) for name, waits in seen["waits"].items()}, cpu, seen["errors"]
    ), profile


def _report(asked: argparse.Namespace, large: Measured, small: Measured) -> Report:
    report = Report.of("history", asked)
    for name in NAMES:
        ours, theirs = (quantile(each.waits[name], 0.5) for each in (large, small))
        report.add(f"{name}: p50", ours * 1e3, "ms")
        report.add(f"{name}: p99", quantile(large.waits[name], 0.99) * 1e3, "ms")
        report.add(f"{name}: CPU", large.cpu[name] / asked.count * 1e6, "µs")
        report.add(f"{name}: p50, ratio to the small database", ours / theirs, "", most=TIMES)
        report.add(
            f"{name}: CPU, ratio to the small database", large.cpu[name] / small.cpu[name], "", most=TIMES
        )
    report.counts = {
        "answered": {name: len(large.waits[name]) for name in NAMES},
        "errors": large.errors + small.errors,
    }
    lines = {
        f"{size}, {name}": [(share * 100, quantile(each.waits[name], share) * 1e3) for share in SHARES]
        for size, each in (("large", large), ("small", small))
        for name in NAMES
    }
    report.chart = Chart("% of the answers", "answered after, ms", lines)
    report.notes.append(
        f"{asked.entries:,} messages in {asked.rooms} rooms of one SQLite file; the small one: {SMALL} a room; "
        f"pages of {PAGE}, resumes that missed {MISSED}; one connection, one request at a time"
    )
    return report


if __name__ == "__main__":
    main()
