"""What more workers do with the same load: deliveries and acknowledged messages a second of 1, 2 and 4 workers, against one.

The closed loop of bench/ingest, on a new server for each number of workers, in turn, `--rounds` times. Generator and server share
the machine's cores: where these are taken, more workers can only be told apart by the CPU that a message costs, so that is
shown beside the ratios, the generator's apart from the server's.
"""

import argparse
import time
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crowd.usage import children, cpu_of
from ingest import Plan, work
from load.generator import Crew, crew
from load.quantiles import quantile
from load.report import Report, Steps, conduct, options, wait
from load.server import NO_PINGS, Server, serving
from load.stores import Embedded
from load.world import Room, build, room_id


@dataclass(frozen=True)
class Round:
    """One run of one server. CPU in seconds; `waits` in seconds, rising."""

    seconds: float
    server_cpu: float
    generator_cpu: float
    deliveries: int
    waits: Sequence[float]
    transactions: float
    counts: dict[str, Any]


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[1, 2, 4], help="of each server; the first is the reference"
    )
    parser.add_argument("--rounds", type=int, default=2, help="of every number of workers, taken in turn")
    parser.add_argument("--connections", type=int, default=600)
    parser.add_argument("--rooms", type=int, default=60, help="each connection's user is a member of one")
    parser.add_argument(
        "--window", type=int, default=2, help="messages of a connection without `sent`, at most"
    )
    parser.add_argument("--content", type=int, default=40, help="characters in a message")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before each measurement")
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds of each measurement")
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    rounds: defaultdict[int, list[Round]] = defaultdict(list)
    for number in range(asked.rounds):
        for workers in asked.workers:
            rounds[workers].append(measure(asked, workers, data / f"{number}-{workers}", progress))
    return _report(asked, rounds)


def measure(asked: argparse.Namespace, workers: int, store: Path, progress: Steps) -> Round:
    """One server with so many workers, and its load."""
    rooms = [Room(room_id(each), range(each, asked.connections, asked.rooms)) for each in range(asked.rooms)]
    build(store, asked.connections, rooms)
    with serving(store, NO_PINGS | {"HUBBUB_WORKERS": str(workers)}) as server:
        plans = [Plan(server.port, range(each, asked.connections, asked.processes), asked.rooms, asked.window, "x" * asked.content)
                 for each in range(asked.processes)]  # fmt: skip
        with crew(work, plans) as generator:
            measured = _measure(asked, workers, server, generator, progress)
    measured.counts["stored"] = Embedded(store).stored()
    return measured


def _measure(
    asked: argparse.Namespace, workers: int, server: Server, generator: Crew, progress: Steps
) -> Round:
    processes = [server.pid, *children(server.pid)]
    bar = progress.step(f"{workers} workers: connecting", asked.connections)
    generator.meet(bar.to)
    bar.to(asked.connections)
    wait(asked.warm_up, progress, "warming up")
    generator.meet()
    cpu, commits, begun = cpu_of(processes), _commits(server), time.perf_counter()
    wait(asked.seconds, progress, "measuring")
    generator.meet()
    seconds = time.perf_counter() - begun
    cpu, commits = cpu_of(processes) - cpu, _commits(server) - commits
    parts = generator.results()
    return Round(
        seconds=seconds,
        server_cpu=cpu,
        generator_cpu=sum(part["share"] for part in parts) * seconds,
        deliveries=sum(part["messages"] for part in parts),
        waits=sorted(array("d", b"".join(part["waits"] for part in parts))),
        transactions=commits,
        counts=_counts(parts),
    )


def _commits(server: Server) -> float:
    return server.counters()["journal_commits_total"]


def _counts(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "acknowledged": sum(part["all_sent"] for part in parts),
        "delivered": sum(part["all_messages"] for part in parts),
        "errors": sum(part["errors"] for part in parts),
        "lost_connections": sum(part["lost"] for part in parts),
    }


def _report(asked: argparse.Namespace, rounds: dict[int, list[Round]]) -> Report:
    report = Report(
        "scale", {name: value for name, value in vars(asked).items() if name not in ("json", "record")}
    )
    first, *others = asked.workers
    for workers in asked.workers:
        _tell(report, _named(workers), rounds[workers])
    for workers in others:
        pair = f"{_named(workers)} against {_named(first)}"
        report.add(f"{pair}: acknowledged", _sent(rounds[workers]) / _sent(rounds[first]))
        report.add(f"{pair}: deliveries", _delivered(rounds[workers]) / _delivered(rounds[first]))
    report.counts = {_named(workers): [each.counts for each in made] for workers, made in rounds.items()}
    report.notes.append(
        f"{asked.connections} connections in {asked.rooms} rooms, {asked.window} outstanding each; "
        "the workers of one server share SQLite (WAL, synchronous=FULL) and the bus of their machine"
    )
    return report


def _tell(report: Report, name: str, rounds: Sequence[Round]) -> None:
    """The lines of one number of workers."""
    seconds = sum(each.seconds for each in rounds)
    sent = sum(len(each.waits) for each in rounds)
    server = sum(each.server_cpu for each in rounds)
    waits = sorted(wait for each in rounds for wait in each.waits)
    report.add(f"{name}: acknowledged messages", _sent(rounds), "/s")
    report.add(f"{name}: deliveries", _delivered(rounds), "/s")
    report.add(f"{name}: acknowledged after, p50", quantile(waits, 0.5) * 1e3, "ms")
    report.add(f"{name}: acknowledged after, p99", quantile(waits, 0.99) * 1e3, "ms")
    report.add(f"{name}: CPU of the server", server / seconds * 100, "% of a core")
    report.add(
        f"{name}: CPU of the generator",
        sum(each.generator_cpu for each in rounds) / seconds * 100,
        "% of a core",
    )
    report.add(f"{name}: server CPU per message", server / max(1, sent) * 1e6, "µs")
    report.add(f"{name}: messages in a transaction", sent / max(1, sum(each.transactions for each in rounds)))


def _named(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"


def _sent(rounds: Sequence[Round]) -> float:
    return sum(len(each.waits) for each in rounds) / sum(each.seconds for each in rounds)


def _delivered(rounds: Sequence[Round]) -> float:
    return sum(each.deliveries for each in rounds) / sum(each.seconds for each in rounds)


if __name__ == "__main__":
    main()
