"""What clients that stop reading do to the others, and to the server's memory.

One room, an open loop of large messages. First everybody reads; then a part of the room stops, each with some kilobytes of receive
buffer, until the server has given up pushing to them; then they read on. The reference is the first part of the same run.
"""

import argparse
import asyncio
import random
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.client import open_all
from load.generator import Crew, Part, crew
from load.openloop import DIGITS, Clocked, Listening, Message, send_due
from load.quantiles import SHARES, Histogram
from load.report import Report, Steps, conduct, options
from load.sampling import sampling
from load.server import NO_PINGS, Server, serving
from load.world import Room, build, room_id

MOVED = 1.5  # the others' p99 may move so far: on a shared machine it does by itself
BOUND = 1 << 20  # bytes that wait for one connection at most (docs/protocol.md §3.5)
ROOM = room_id(0)
SMALL_BUFFER = 65_536
PATIENCE = 60  # seconds until the slow ones have heard of their holes
PHASES = ("all read", "some do not")


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does; the `slow` ones of its connections stop reading half-way. `messages`: of all."""

    port: int
    numbers: Sequence[int]
    slow: frozenset[int]
    schedule: Sequence[Message]
    messages: int
    padding: str


class Pausing(Listening):
    """Counts what tells it of a hole."""

    __slots__ = ("resyncs",)

    def __init__(self, clocked: Clocked, number: int) -> None:
        super().__init__(clocked, number)
        self.resyncs = 0

    def other(self, kind: int, first: int, payload: bytes) -> None:
        """A hole, or anything else."""
        super().other(kind, first, payload)
        self.resyncs += payload.startswith(b'{"type":"resync"')

    def narrow(self) -> None:
        """Leave the kernel hardly any room for what comes, before it has made more."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: all read, then some do not, then all do; the histograms are those of who reads."""
    quick, late = Clocked(), Clocked()
    made = await open_all(
        lambda number: Pausing(late if number in plan.slow else quick, number),
        plan.numbers,
        plan.port,
        part.progressed,
    )
    clients = {client.number: client for client in made if isinstance(client, Pausing)}
    slow = [client for number, client in clients.items() if number in plan.slow]
    for client in slow:
        client.narrow()
    await part.meet()
    found = [await _phase(part, quick, clients, plan)]
    for client in slow:
        client.transport.pause_reading()
    found.append(await _phase(part, quick, clients, plan))
    for client in slow:
        client.transport.resume_reading()
    await _told(slow)
    await part.meet()
    await part.meet()
    return {
        "found": found,
        "told": sum(client.resyncs > 0 for client in slow),
        "told_in_vain": sum(client.resyncs for client in clients.values())
        - sum(client.resyncs for client in slow),
        "lost": quick.tally.lost + late.tally.lost,
        "errors": len(quick.tally.errors),
    }


async def _phase(part: Part, quick: Clocked, clients: Mapping[int, Pausing], plan: Plan) -> dict[str, Any]:
    before, heard = await part.meet(), quick.tally.messages
    await send_due(quick, clients, plan.schedule, plan.padding)
    readers = sum(number not in plan.slow for number in clients)
    await quick.tally.await_messages(heard + readers * plan.messages).wait()
    after = await part.meet()
    return {"delivered": quick.delivered, "share": after.share_since(before)}


async def _told(slow: Sequence[Pausing]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not all(client.resyncs for client in slow):  # noqa: ASYNC110 - over in a moment, or an error
                await asyncio.sleep(0.05)


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--members", type=int, default=200, help="of the room, all connected")
    parser.add_argument("--slow", type=float, default=0.1, help="part of them that stops reading")
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second")
    parser.add_argument("--content", type=int, default=8_000, help="characters in a message")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="with all reading, and again with some not"
    )
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    store = data / "server"
    build(store, asked.members, [Room(ROOM, range(asked.members))])
    with (
        serving(store, NO_PINGS) as server,
        sampling(asked, server.pid, "slow") as profile,
        crew(work, _plans(asked, server.port)) as generator,
    ):
        bar = progress.step("connecting", asked.members)
        generator.meet(bar.to)
        bar.to(asked.members)
        memory = [_phase_memory(server, generator, progress, name) for name in PHASES]
        generator.meet()
        counters = server.counters()
        generator.meet()
        report = _report(asked, memory, generator.results(), counters)
    report.notes += profile
    return report


def _plans(asked: argparse.Namespace, port: int) -> list[Plan]:
    drawn = random.Random(7)
    slow = frozenset(drawn.sample(range(asked.members), max(1, int(asked.members * asked.slow))))
    talkers = [number for number in range(asked.members) if number not in slow]
    messages = int(asked.rate * asked.seconds)
    schedule = [(place / asked.rate, drawn.choice(talkers), ROOM) for place in range(messages)]
    return [
        Plan(
            port=port,
            numbers=range(each, asked.members, asked.processes),
            slow=slow,
            schedule=[message for message in schedule if message[1] % asked.processes == each],
            messages=messages,
            padding="x" * (asked.content - DIGITS),
        )
        for each in range(asked.processes)
    ]


def _phase_memory(server: Server, generator: Crew, progress: Steps, name: str) -> int:
    """How much the server's memory grew at most while everybody talked."""
    bar = progress.step(name, 1)
    generator.meet()
    start = most = server.rss()

    def watch(_: int) -> None:
        nonlocal most
        most = max(most, server.rss())

    generator.meet(watch)
    bar.to(1)
    return most - start


def _report(
    asked: argparse.Namespace,
    memory: Sequence[int],
    parts: Sequence[dict[str, Any]],
    counters: Mapping[str, float],
) -> Report:
    report = Report.of("slow", asked)
    slow = max(1, int(asked.members * asked.slow))
    lines, p99 = {}, []
    for place, name in enumerate(PHASES):
        delivered = sum((part["found"][place]["delivered"] for part in parts), Histogram())
        lines[name] = list(zip((share * 100 for share in SHARES), delivered.quantiles(SHARES), strict=True))
        p50, of_99 = delivered.quantiles((0.5, 0.99))
        p99.append(of_99)
        report.add(f"{name}: delivered to who reads after, p50", p50, "ms")
        report.add(f"{name}: delivered to who reads after, p99", of_99, "ms")
        report.add(f"{name}: memory grew by, at most", memory[place] / 2**20, "MiB")
    report.add("p99 of who reads, ratio to the reference", p99[1] / p99[0], "", most=MOVED)
    report.add(
        "memory of a slow connection, at most", max(0, memory[1] - memory[0]) / slow, "bytes", most=BOUND
    )
    report.generator([each["share"] for part in parts for each in part["found"]])
    report.counts = {
        "slow": slow,
        "told_of_their_hole": sum(part["told"] for part in parts),
        "told_in_vain": sum(part["told_in_vain"] for part in parts),
        "lost_connections": sum(part["lost"] for part in parts),
        "errors": sum(part["errors"] for part in parts),
        "connections": counters["connections"],
    }
    report.chart = Chart("% of the deliveries", "delivered to who reads after, ms", lines)
    report.notes.append(
        f"a room of {asked.members}, {asked.rate:g} messages/s of {asked.content} characters; {slow} stop reading in the second half"
    )
    report.notes.append(str(report.counts))
    return report


if __name__ == "__main__":
    main()
