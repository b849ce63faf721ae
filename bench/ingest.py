"""Messages a second that one server process makes durable and acknowledges, and how long each waits.

A closed loop: every connection has at most `--window` messages without their `sent`, and sends the next when one comes.
Every message also goes out to all members of its room, so the server delivers `members` times what it takes in.
Then an open loop at half of the goal. The reference is the same rows through the database's driver in transactions as large as
the journal's were.
"""

import argparse
import asyncio
import random
import time
from array import array
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import openloop
from load.chart import Chart
from load.client import Client, Tally, open_all, send_frame
from load.generator import Crew, Part, crew
from load.quantiles import SHARES, Histogram, quantile
from load.report import Report, Steps, conduct, options, wait
from load.sampling import sampling
from load.server import NO_PINGS, Server, serving
from load.stores import STORES, Store, stores
from load.world import Room, build, room_id

GOAL, HALF_MS = 12_000, 100.0
DRAIN_SECONDS = 30


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does. `rooms`: those of the users in turn. Who is no talker only listens."""

    port: int
    numbers: Sequence[int]
    talkers: range
    rooms: Sequence[str]
    window: int
    content: str


class Sender(Client):
    """Keeps `window` messages on their way until told to stop."""

    __slots__ = ("_asked", "_count", "_plan", "_room", "sending", "waits")

    def __init__(self, tally: Tally, number: int, plan: Plan, waits: "array[float]") -> None:
        super().__init__(tally, number)
        self._plan = plan
        self._room = plan.rooms[number % len(plan.rooms)]
        self._asked: deque[float] = deque()
        self._count = 0
        self.waits = waits
        self.sending = False

    def begin(self) -> None:
        """Fill the window."""
        self.sending = True
        for _ in range(self._plan.window):
            self._send()

    def _send(self) -> None:
        self._count += 1
        msg_id = f"{self.number:06}-{self._count:08}"
        self._asked.append(time.perf_counter())
        self.transport.write(send_frame(self._count, self._room, self._plan.content, msg_id))

    def answered(self) -> None:
        """The journal answers a connection in the order in which it asked."""
        self.waits.append(time.perf_counter() - self._asked.popleft())
        if self.sending:
            self._send()

    @property
    def outstanding(self) -> int:
        """Messages without an answer."""
        return len(self._asked)


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: connect, send from one meeting on, count between the next two, then wait for what is out."""
    tally, waits = Tally(), array("d")
    made = await open_all(
        lambda number: Sender(tally, number, plan, waits), plan.numbers, plan.port, part.progressed
    )
    clients = [client for client in made if isinstance(client, Sender)]
    await part.meet()
    for client in clients:
        if client.number in plan.talkers:
            client.begin()
    before = await part.meet()
    first, sent, messages, reads = len(waits), tally.sent, tally.messages, tally.reads
    after = await part.meet()
    measured = {
        "waits": waits[first:].tobytes(),
        "sent": tally.sent - sent,
        "messages": tally.messages - messages,
        "reads": tally.reads - reads,
        "share": after.share_since(before),
    }
    for client in clients:
        client.sending = False
    await _drained(clients)
    await _settled(tally, plan)
    return measured | {"all_sent": tally.sent, "all_messages": tally.messages, "errors": len(tally.errors),
                       "first_errors": tally.errors[:3], "lost": tally.lost}  # fmt: skip


async def _drained(clients: Sequence[Sender]) -> None:
    async with asyncio.timeout(DRAIN_SECONDS):
        while any(client.outstanding for client in clients):  # noqa: ASYNC110 - over in a moment, or an error
            await asyncio.sleep(0.05)


async def _settled(tally: Tally, plan: Plan) -> None:
    """The pushes of the last messages come within a moment of their replies: wait until nothing new does."""
    seen = -1
    while seen != tally.messages:
        seen = tally.messages
        await asyncio.sleep(0.5)


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--rooms", type=int, default=100, help="each connection's user is a member of one")
    parser.add_argument(
        "--window", type=int, default=1, help="messages of a connection without `sent`, at most"
    )
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument(
        "--half", type=float, default=0.0, help="a second, of the open loop; 0: half of the goal"
    )
    parser.add_argument("--content", type=int, default=40, help="characters in a message")
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds before the measurement")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of the measurement")
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    with stores(asked.store) as make:
        return _run(asked, data / "server", make(data / "server"), progress)


def _run(asked: argparse.Namespace, data: Path, where: Store, progress: Steps) -> Report:
    rooms = [Room(room_id(each), range(each, asked.connections, asked.rooms)) for each in range(asked.rooms)]
    build(data, asked.connections, rooms, where.url)
    with serving(data, NO_PINGS | where.settings) as server:
        everybody, ids = range(asked.connections), [room.id for room in rooms]
        plans = [Plan(server.port, everybody[each :: asked.processes], everybody, ids, asked.window, "x" * asked.content)
                 for each in range(asked.processes)]  # fmt: skip
        with crew(work, plans) as generator, sampling(asked, server.pid, "ingest") as profile:
            measured = _measure(asked, server, generator, progress)
        stored = where.stored()
        half = _at_half(asked, server.port, progress, rooms)
    batch = max(1, round(measured["committed"] / max(1, measured["commits"])))
    bar = progress.step("reference: the driver alone", 1)
    reference = where.reference(batch, asked.rooms, "x" * asked.content, min(3.0, asked.seconds))
    bar.to(1)
    report = _report(asked, measured, half, stored, reference)
    report.notes += profile
    return report


def _measure(asked: argparse.Namespace, server: Server, generator: Crew, progress: Steps) -> dict[str, Any]:
    bar = progress.step("connecting", asked.connections)
    generator.meet(bar.to)
    bar.to(asked.connections)
    wait(asked.warm_up, progress, "warming up")
    generator.meet()
    cpu, loop_cpu, counters, begun = server.cpu(), server.loop_cpu(), server.counters(), time.perf_counter()
    wait(asked.seconds, progress, "measuring")
    generator.meet()
    passed = time.perf_counter() - begun
    cpu, loop_cpu, after = server.cpu() - cpu, server.loop_cpu() - loop_cpu, server.counters()
    return {
        "seconds": passed,
        "cpu": cpu,
        "loop_cpu": loop_cpu,
        "commits": after["journal_commits_total"] - counters["journal_commits_total"],
        "committed": after["entries_committed_total"] - counters["entries_committed_total"],
        "parts": generator.results(),
    }


def _at_half(asked: argparse.Namespace, port: int, progress: Steps, rooms: Sequence[Room]) -> Histogram:
    """An open loop at half of the goal: how long each waits from the moment it was due until it is acknowledged."""
    drawn = random.Random(7)
    rate, said = asked.half or GOAL / 2, Counter[str]()
    schedule = []
    for place in range(int(rate * asked.seconds)):
        room = drawn.choice(rooms)
        said[room.id] += 1
        schedule.append((place / rate, drawn.choice(room.people), room.id))
    plans = [
        openloop.Plan(
            port=port,
            numbers=range(each, asked.connections, asked.processes),
            joins=None,
            schedule=[message for message in schedule if message[1] % asked.processes == each],
            expected=sum(
                said[room_id(number % asked.rooms)]
                for number in range(each, asked.connections, asked.processes)
            ),
            padding="x" * max(0, asked.content - openloop.DIGITS),
            warm_up=min(1.0, asked.seconds / 4),
        )
        for each in range(asked.processes)
    ]
    bar = progress.step(f"open loop, {rate:,.0f}/s", 1)
    with crew(openloop.work, plans) as generator:
        for _ in range(4):
            generator.meet()
        bar.to(1)
        return sum((part["acknowledged"] for part in generator.results()), Histogram())


def _report(
    asked: argparse.Namespace,
    measured: dict[str, Any],
    half: Histogram,
    stored: int,
    reference: float,
) -> Report:
    parts, seconds, cpu = measured["parts"], measured["seconds"], measured["cpu"]
    waits = array("d", b"".join(part["waits"] for part in parts))
    ordered = sorted(waits)
    sent = len(waits)
    report = Report.of("ingest" if asked.store == "sqlite" else f"ingest_on_{asked.store}", asked)
    report.add("durable, acknowledged messages", sent / seconds, "/s", least=GOAL)
    report.add("acknowledged after, p50", quantile(ordered, 0.5) * 1e3, "ms")
    report.add("acknowledged after, p99", quantile(ordered, 0.99) * 1e3, "ms")
    p50, p99 = half.quantiles((0.5, 0.99))
    report.add("at half of the goal: acknowledged after, p50", p50, "ms")
    report.add("at half of the goal: acknowledged after, p99", p99, "ms", most=HALF_MS)
    report.add("deliveries", sum(part["messages"] for part in parts) / seconds, "/s")
    report.add("server CPU", cpu / seconds * 100, "% of a core")
    report.add("server CPU per message", cpu / max(1, sent) * 1e6, "µs")
    report.add("of it in the event loop", measured["loop_cpu"] / max(1, sent) * 1e6, "µs")
    report.add("of it in database threads", (cpu - measured["loop_cpu"]) / max(1, sent) * 1e6, "µs")
    report.add("messages in a transaction", measured["committed"] / max(1, measured["commits"]))
    report.add("transactions", measured["commits"] / seconds, "/s")
    report.add("reference: the driver alone, same batches", reference, "/s")
    report.add("ratio to the reference", sent / seconds / reference)
    report.generator([part["share"] for part in parts])
    report.counts = {
        "acknowledged": sum(part["all_sent"] for part in parts),
        "stored": stored,
        "delivered": sum(part["all_messages"] for part in parts),
        "errors": sum(part["errors"] for part in parts),
        "first_errors": [error.decode() for part in parts for error in part["first_errors"]],
        "lost_connections": sum(part["lost"] for part in parts),
    }
    members = asked.connections / asked.rooms
    report.notes.append(
        f"{asked.connections} connections, {asked.rooms} rooms of {members:g}, {asked.window} outstanding each; "
        f"{STORES[asked.store]}; limits lifted, heartbeat 1 h"
    )
    report.chart = Chart(
        "% of the messages",
        "acknowledged after, ms",
        {
            "as many as it takes": [(share * 100, quantile(ordered, share) * 1e3) for share in SHARES],
            "half of the goal": list(
                zip((share * 100 for share in SHARES), half.quantiles(SHARES), strict=True)
            ),
        },
    )
    return report


if __name__ == "__main__":
    main()
