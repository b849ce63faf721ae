"""How long a message takes from one client to all others, at a rate that does not wait for the server.

An open loop: when each message is due is settled before the run, and its delay counts from that moment, whether or not the
generator or the server was late then (no coordinated omission). Every delivery is measured, by the time its content carries.
The reference is a bare relay on the same event loop under the same load: no accounts, no rights, nothing stored.
"""

import argparse
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.generator import crew
from load.openloop import DIGITS, Message, Plan, work
from load.plain import Plain, plain
from load.quantiles import SHARES, Histogram
from load.report import Report, Steps, conduct, options
from load.sampling import sampling
from load.server import NO_PINGS, Server, serving
from load.world import Room, build, room_id

GOAL_MS = 20.0


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--members", type=int, default=100, help="of each room, taken at random")
    parser.add_argument("--rate", type=float, default=1_000.0, help="messages a second in all rooms together")
    parser.add_argument("--content", type=int, default=40, help="characters in a message")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds that are not counted")
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds that are")
    conduct(parser, run)


@dataclass
class Load:
    """What everybody does, the same for server and reference."""

    rooms: Sequence[Room]
    schedule: Sequence[Message]


def load_of(asked: argparse.Namespace) -> Load:
    """Rooms and messages, drawn anew the same way each time."""
    drawn = random.Random(7)
    rooms = [
        Room(room_id(each), drawn.sample(range(asked.connections), asked.members))
        for each in range(asked.rooms)
    ]
    schedule = []
    for place in range(int(asked.rate * (asked.warm_up + asked.seconds))):
        room = drawn.choice(rooms)
        schedule.append((place / asked.rate, drawn.choice(room.people), room.id))
    return Load(rooms, schedule)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    store, everything = data / "server", load_of(asked)
    build(store, asked.connections, everything.rooms)
    with serving(store, NO_PINGS) as server, sampling(asked, server.pid, "latency") as profile:
        measured = _measure(asked, server, everything, progress, "server")
    with plain("relay") as relay:
        bare = _measure(asked, relay, everything, progress, "reference")
    report = _report(asked, everything, measured, bare)
    report.notes += profile
    return report


Measured = tuple[float, list[dict[str, Any]]]
"""CPU as a part of a core, and what the processes saw."""


def _measure(
    asked: argparse.Namespace, server: Server | Plain, everything: Load, progress: Steps, name: str
) -> Measured:
    bar = progress.step(f"{name}: connecting", asked.connections)
    with crew(work, list(_plans(asked, server, everything))) as generator:
        generator.meet(bar.to)
        bar.to(asked.connections)
        server.quiet()
        bar = progress.step(f"{name}: {asked.rate:,.0f} messages/s", 1)
        cpu = server.cpu()
        generator.meet()
        begun = time.perf_counter()
        generator.meet()
        spent = (server.cpu() - cpu) / (time.perf_counter() - begun)
        bar.to(1)
        generator.meet()
        return spent, generator.results()


def _plans(asked: argparse.Namespace, server: Server | Plain, everything: Load) -> Iterator[Plan]:
    joined: defaultdict[int, list[str]] = defaultdict(list)
    for room in everything.rooms:
        for number in room.people:
            joined[number].append(room.id)
    said = Counter(room for _, _, room in everything.schedule)
    for each in range(asked.processes):
        numbers = range(each, asked.connections, asked.processes)
        joins = {number: f"j {' '.join(joined[number])}\n".encode() for number in numbers}
        yield Plan(
            port=server.port,
            numbers=numbers,
            joins=joins if isinstance(server, Plain) else None,
            schedule=[message for message in everything.schedule if message[1] % asked.processes == each],
            expected=sum(said[room] for number in numbers for room in joined[number]),
            padding="x" * (asked.content - DIGITS),
            warm_up=asked.warm_up,
        )


def _report(asked: argparse.Namespace, everything: Load, measured: Measured, bare: Measured) -> Report:
    report = Report.of("latency", asked)
    lines, p99 = {}, []
    for name, goal, (cpu, parts) in (("server", GOAL_MS, measured), ("reference", None, bare)):
        delivered = sum((part["delivered"] for part in parts), Histogram())
        lines[name] = list(zip((share * 100 for share in SHARES), delivered.quantiles(SHARES), strict=True))
        p50, of_99, of_999, most = delivered.quantiles((0.5, 0.99, 0.999, 1.0))
        p99.append(of_99)
        report.add(f"{name}: delivered after, p50", p50, "ms")
        report.add(f"{name}: delivered after, p99", of_99, "ms", most=goal)
        report.add(f"{name}: delivered after, p99.9", of_999, "ms")
        report.add(f"{name}: delivered after, the latest", most, "ms")
        report.add(f"{name}: CPU", cpu * 100, "% of a core")
        report.counts[name] = {
            "messages": len(everything.schedule),
            "delivered": sum(part["messages"] for part in parts),
            "errors": sum(part["errors"] for part in parts),
        }
    acknowledged = sum((part["acknowledged"] for part in measured[1]), Histogram())
    for share, wait in zip((50, 99), acknowledged.quantiles((0.5, 0.99)), strict=True):
        report.add(f"server: durable and acknowledged after, p{share}", wait, "ms")
    report.add("deliveries", asked.rate * asked.members, "/s")
    report.add("p99, ratio to the reference", p99[0] / p99[1])
    report.generator([part["share"] for _, parts in (measured, bare) for part in parts])
    report.chart = Chart("% of the deliveries", "delivered after, ms", lines)
    report.notes.append(
        f"{asked.rate:g} messages/s into {asked.rooms} rooms of {asked.members}, {asked.connections} connections, each in "
        f"{asked.rooms * asked.members / asked.connections:g} rooms; delays count from when a message was due"
    )
    return report


if __name__ == "__main__":
    main()
