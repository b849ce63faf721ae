"""Messages a second that one server process makes durable and acknowledges, and how long each waits.

A closed loop: every connection has at most `--window` messages without their `sent`, and sends the next when one comes.
Every message also goes out to all members of its room, so the server delivers `members` times what it takes in.
The reference is the same rows through bare sqlite3 in transactions as large as the journal's were.
"""

import argparse
import asyncio
import sqlite3
import time
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import rows
from load.client import Client, Tally, open_all, send_frame
from load.generator import Crew, Part, crew
from load.quantiles import quantile
from load.report import CACHE, Report, Steps, conduct, options, wait
from load.sampling import Sampler, Samples, told
from load.server import NO_PINGS, Server, serving
from load.world import Room, build, room_id

from hubbub.persist.engine import DATABASE_FILE

GOAL = 8_000
DRAIN_SECONDS = 30


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does."""

    port: int
    numbers: Sequence[int]
    rooms: int
    window: int
    content: str


class Sender(Client):
    """Keeps `window` messages on their way until told to stop."""

    __slots__ = ("_asked", "_count", "_plan", "_room", "sending", "waits")

    def __init__(self, tally: Tally, number: int, plan: Plan, waits: "array[float]") -> None:
        super().__init__(tally, number)
        self._plan = plan
        self._room = room_id(number % plan.rooms)
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
    parser.add_argument("--content", type=int, default=40, help="characters in a message")
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds before the measurement")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of the measurement")
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    store = data / "server"
    rooms = [Room(room_id(each), range(each, asked.connections, asked.rooms)) for each in range(asked.rooms)]
    build(store, asked.connections, rooms)
    plans = [Plan(0, range(each, asked.connections, asked.processes), asked.rooms, asked.window, "x" * asked.content)
             for each in range(asked.processes)]  # fmt: skip
    with serving(store, NO_PINGS) as server:
        plans = [Plan(server.port, each.numbers, each.rooms, each.window, each.content) for each in plans]
        with crew(work, plans) as generator:
            measured, samples = _measure(asked, server, generator, progress)
    stored = _stored(store)
    batch = max(1, round(measured["committed"] / max(1, measured["commits"])))
    bar = progress.step("reference: bare sqlite3", 1)
    reference = rows.messages_per_second(
        data / "reference", batch, asked.rooms, "x" * asked.content, min(3.0, asked.seconds)
    )
    bar.to(1)
    return _report(asked, measured, samples, stored, reference)


def _measure(
    asked: argparse.Namespace, server: Server, generator: Crew, progress: Steps
) -> tuple[dict[str, Any], dict[str, Samples] | None]:
    bar = progress.step("connecting", asked.connections)
    generator.meet(bar.to)
    bar.to(asked.connections)
    wait(asked.warm_up, progress, "warming up")
    generator.meet()
    cpu, loop_cpu, counters, begun = server.cpu(), server.loop_cpu(), server.counters(), time.perf_counter()
    sampler = None
    if asked.profile:
        sampler = Sampler(server.pid, CACHE / "ingest.stacks", native=asked.native)
    wait(asked.seconds, progress, "measuring")
    generator.meet()
    passed = time.perf_counter() - begun
    cpu, loop_cpu, after = server.cpu() - cpu, server.loop_cpu() - loop_cpu, server.counters()
    samples = sampler.samples() if sampler is not None else None
    measured = {
        "seconds": passed,
        "cpu": cpu,
        "loop_cpu": loop_cpu,
        "commits": after["journal_commits_total"] - counters["journal_commits_total"],
        "committed": after["entries_committed_total"] - counters["entries_committed_total"],
        "parts": generator.results(),
    }
    return measured, samples


def _stored(store: Path) -> int:
    """Messages in the database once the server has ended."""
    connection = sqlite3.connect(store / DATABASE_FILE)
    try:
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])
    finally:
        connection.close()


def _report(
    asked: argparse.Namespace,
    measured: dict[str, Any],
    samples: dict[str, Samples] | None,
    stored: int,
    reference: float,
) -> Report:
    parts, seconds, cpu = measured["parts"], measured["seconds"], measured["cpu"]
    waits = array("d", b"".join(part["waits"] for part in parts))
    ordered = sorted(waits)
    sent = len(waits)
    report = Report.of("ingest", asked)
    report.add("durable, acknowledged messages", sent / seconds, "/s", least=GOAL)
    report.add("acknowledged after, p50", quantile(ordered, 0.5) * 1e3, "ms")
    report.add("acknowledged after, p99", quantile(ordered, 0.99) * 1e3, "ms")
    report.add("deliveries", sum(part["messages"] for part in parts) / seconds, "/s")
    report.add("server CPU", cpu / seconds * 100, "% of a core")
    report.add("server CPU per message", cpu / max(1, sent) * 1e6, "µs")
    report.add("of it in the event loop", measured["loop_cpu"] / max(1, sent) * 1e6, "µs")
    report.add("of it in database threads", (cpu - measured["loop_cpu"]) / max(1, sent) * 1e6, "µs")
    report.add("messages in a transaction", measured["committed"] / max(1, measured["commits"]))
    report.add("transactions", measured["commits"] / seconds, "/s")
    report.add("reference: bare sqlite3, same batches", reference, "/s")
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
        "SQLite WAL, synchronous=FULL; limits lifted, heartbeat 1 h"
    )
    if samples is not None:
        report.notes += told(samples, CACHE / "ingest-profile.json")
    return report


if __name__ == "__main__":
    main()
