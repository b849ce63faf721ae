"""Memory of an idle, authenticated connection whose user is a member of several rooms.

RSS of the server is read once the first connections have loaded every room and warmed every path, and again when all
are connected and quiet; the difference is divided by the connections that came between. What the rooms themselves take
(each with all its members, whether connected or not) is reported beside it: RSS from the start of the server on, divided
by all connections. The reference is a server on the same loop whose connections do nothing.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.client import Client, Silent, Tally, open_all
from load.generator import Part, crew
from load.plain import Plain, plain
from load.report import Report, Steps, conduct, options
from load.server import Server, serving
from load.world import build, rooms_of

GOAL = 4_500
STILL = 65_536  # bytes of RSS that may come and go in a quiet process
PATIENCE = 30  # looks, a quiet time apart, until RSS stays where it is


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does: some connections, then the others, to server or reference."""

    port: int
    silent: bool
    first: Sequence[int]
    others: Sequence[int]


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: the connections stay, and pings are answered, while the bench looks at the server."""
    tally = Tally()
    kind = Silent if plan.silent else Client
    held = await open_all(lambda number: kind(tally, number), plan.first, plan.port, part.progressed)
    await part.meet()
    await part.meet()
    held += await open_all(lambda number: kind(tally, number), plan.others, plan.port, part.progressed)
    await part.meet()
    await part.meet()
    alive = sum(not client.transport.is_closing() for client in held)
    return {"alive": alive, "pings": tally.pings, "pushes": tally.others, "lost": tally.lost,
            "errors": [error.decode() for error in tally.errors[:3]]}  # fmt: skip


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--warm-up", type=int, default=200, help="connections before the first look")
    parser.add_argument("--rooms", type=int, default=10, help="rooms each user is a member of")
    parser.add_argument("--members", type=int, default=100, help="members of each room")
    parser.add_argument("--quiet", type=float, default=1.0, help="seconds between two looks at memory")
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    bar = progress.step("users, rooms, members", 1)
    store, rooms = data / "server", rooms_of(asked.connections, asked.rooms, asked.members)
    build(store, asked.connections, rooms)
    bar.to(1)
    with plain("nothing") as reference:
        bare = _measure(asked, reference, progress, "reference", silent=True)
    with serving(store) as server:
        measured = _measure(asked, server, progress, "server", silent=False)
    return _report(asked, len(rooms), measured, bare)


@dataclass
class Measured:
    """RSS at the start, after the warm-up, with all; and what the connections saw."""

    start: int
    before: int
    after: int
    seconds: float
    gauges: Mapping[str, float]
    parts: list[dict[str, Any]]


def _measure(
    asked: argparse.Namespace, server: Server | Plain, progress: Steps, name: str, *, silent: bool
) -> Measured:
    first, others = range(asked.warm_up), range(asked.warm_up, asked.connections)
    processes = asked.processes
    plans = [
        Plan(server.port, silent, first[each::processes], others[each::processes])
        for each in range(processes)
    ]
    bar = progress.step(f"{name}: connecting", asked.connections)
    start = server.rss()
    with crew(work, plans) as generator:
        generator.meet(bar.to)
        before = _quiet_rss(server, asked.quiet)
        begun = time.perf_counter()
        generator.meet()
        generator.meet(bar.to)
        seconds = time.perf_counter() - begun
        bar.to(asked.connections)
        after = _quiet_rss(server, asked.quiet)
        gauges = server.counters() if isinstance(server, Server) else {}
        generator.meet()
        return Measured(start, before, after, seconds, gauges, generator.results())


def _quiet_rss(server: Server | Plain, seconds: float) -> int:
    """RSS once it no longer moves."""
    last = server.rss()
    for _ in range(PATIENCE):
        time.sleep(seconds)
        now = server.rss()
        if abs(now - last) <= STILL:
            return now
        last = now
    return last


def _report(asked: argparse.Namespace, rooms: int, measured: Measured, bare: Measured) -> Report:
    report = Report.of("idle", asked)
    came = asked.connections - asked.warm_up
    each, plainly = (measured.after - measured.before) / came, (bare.after - bare.before) / came
    report.add("RSS per idle connection", each, "bytes", most=GOAL)
    report.add("with the rooms themselves", (measured.after - measured.start) / asked.connections, "bytes")
    report.add("reference: connections that do nothing", plainly, "bytes")
    report.add("ratio to the reference", each / plainly if plainly else float("inf"))
    report.add("RSS of the server at its start", measured.start / 2**20, "MiB")
    report.add(f"RSS with {asked.warm_up} connections", measured.before / 2**20, "MiB")
    report.add(f"RSS with {asked.connections} connections", measured.after / 2**20, "MiB")
    report.add("connections opened", came / measured.seconds, "/s")
    report.counts = {
        "alive": sum(part["alive"] for part in measured.parts),
        "open_at_server": measured.gauges["connections"],
        "rooms": rooms,
        "channels": measured.gauges["channels"],
        "errors": [error for part in measured.parts for error in part["errors"]],
        "lost_connections": sum(part["lost"] for part in measured.parts),
        "pings_answered": sum(part["pings"] for part in measured.parts),
        "pushes_while_connecting": sum(part["pushes"] for part in measured.parts),
    }
    report.notes.append(
        f"every user is a member of {asked.rooms} of {rooms} rooms of {asked.members}; default heartbeat; "
        "kernel memory of the sockets is not RSS"
    )
    report.notes.append(str(report.counts))
    return report


if __name__ == "__main__":
    main()
