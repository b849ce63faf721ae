"""What more workers do with the same load: deliveries and acknowledged messages a second of 1, 2 and 4 workers, against one.

The closed loop of bench/ingest, on a new server for each number of workers, in turn, `--rounds` times, in two mixes: everybody
writes into small rooms, or a few write into large ones and the others listen. Generator, server and database share the
machine's cores: where these are taken, more workers can only be told apart by the CPU that a message costs, so that is shown
beside the ratios, each side's apart.
"""

import argparse
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from ingest import Plan, work
from load.generator import Crew, crew
from load.quantiles import quantile
from load.report import Report, Steps, conduct, options, wait
from load.server import NO_PINGS, Server, children, cpu_of, serving
from load.stores import STORES, Store, stores
from load.world import Room, build, room_id

Sides = Mapping[str, Callable[[], Sequence[int]]]
"""Processes by whose they are; a database has one more with each connection."""


@dataclass(frozen=True)
class Mix:
    """`people` are in `rooms` in turn; the `talkers` among them send."""

    people: range
    rooms: tuple[str, ...]
    talkers: range

    def world(self) -> Iterator[Room]:
        """The rooms with who is in them."""
        for place, room in enumerate(self.rooms):
            yield Room(room, [each for each in self.people if each % len(self.rooms) == place])

    def __str__(self) -> str:
        rooms = f"rooms of {len(self.people) // len(self.rooms)}"
        return f"{rooms}, all talk" if self.talkers == self.people else f"{rooms}, {len(self.talkers)} talk"


@dataclass(frozen=True)
class Round:
    """One run of one server. CPU in seconds, by whose it is; `waits` in seconds, rising."""

    seconds: float
    cpu: Mapping[str, float]
    deliveries: int
    waits: Sequence[float]
    transactions: float
    counts: dict[str, Any]


Rounds = Mapping[tuple[Mix, int], Sequence[Round]]


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[1, 2, 4], help="of each server; the first is the reference"
    )
    parser.add_argument("--rounds", type=int, default=2, help="of every number of workers, taken in turn")
    parser.add_argument("--connections", type=int, default=600)
    parser.add_argument("--rooms", type=int, default=60, help="where all talk; each user is in one")
    parser.add_argument("--large-rooms", type=int, default=6, help="where few talk")
    parser.add_argument("--talkers", type=int, default=12, help="where few talk, all together")
    parser.add_argument(
        "--window", type=int, default=2, help="messages of a connection without `sent`, at most"
    )
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--content", type=int, default=40, help="characters in a message")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before each measurement")
    parser.add_argument("--seconds", type=float, default=5.0, help="seconds of each measurement")
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    mixes = _mixes(asked)
    rounds: defaultdict[tuple[Mix, int], list[Round]] = defaultdict(list)
    with stores(asked.store) as make:
        for number, workers in product(range(asked.rounds), asked.workers):
            folder = data / f"{number}-{workers}"
            measured = measure(asked, mixes, workers, folder, make(folder), progress)
            for mix, each in zip(mixes, measured, strict=True):
                rounds[mix, workers].append(each)
    return _report(asked, mixes, rounds)


def _mixes(asked: argparse.Namespace) -> list[Mix]:
    """Of people of their own each, so that one server takes both, one after the other."""
    many = asked.connections
    rooms = tuple(map(room_id, range(asked.rooms + asked.large_rooms)))
    return [
        Mix(range(many), rooms[: asked.rooms], range(many)),
        Mix(range(many, 2 * many), rooms[asked.rooms :], range(many, many + asked.talkers)),
    ]


def measure(
    asked: argparse.Namespace, mixes: Sequence[Mix], workers: int, folder: Path, where: Store, progress: Steps
) -> list[Round]:
    """One server with so many workers, and its loads."""
    rooms = [room for mix in mixes for room in mix.world()]
    build(folder, len(mixes) * asked.connections, rooms, where.url)
    settings = NO_PINGS | where.settings | {"HUBBUB_WORKERS": str(workers)}
    made = []
    with serving(folder, settings) as server:
        sides = {"server": lambda: [server.pid, *children(server.pid)], "database": where.processes}
        for mix in mixes:
            before = where.stored()
            plans = [Plan(server.port, mix.people[each :: asked.processes], mix.talkers, mix.rooms, asked.window, "x" * asked.content)
                     for each in range(asked.processes)]  # fmt: skip
            with crew(work, plans) as generator:
                made.append(_measure(asked, f"{mix}, {_named(workers)}", server, sides, generator, progress))
            made[-1].counts["stored"] = where.stored() - before
    return made


def _measure(
    asked: argparse.Namespace,
    what: str,
    server: Server,
    sides: Sides,
    generator: Crew,
    progress: Steps,
) -> Round:
    bar = progress.step(f"{what}: connecting", asked.connections)
    generator.meet(bar.to)
    bar.to(asked.connections)
    wait(asked.warm_up, progress, "warming up")
    generator.meet()
    before, commits, begun = _cpu(sides), _commits(server), time.perf_counter()
    wait(asked.seconds, progress, "measuring")
    generator.meet()
    seconds, after, commits = time.perf_counter() - begun, _cpu(sides), _commits(server) - commits
    parts = generator.results()
    return Round(
        seconds=seconds,
        cpu={side: after[side] - before[side] for side in sides}
        | {"generator": sum(part["share"] for part in parts) * seconds},
        deliveries=sum(part["messages"] for part in parts),
        waits=sorted(array("d", b"".join(part["waits"] for part in parts))),
        transactions=commits,
        counts=_counts(parts),
    )


def _cpu(sides: Sides) -> dict[str, float]:
    return {side: cpu_of(processes()) for side, processes in sides.items()}


def _commits(server: Server) -> float:
    return server.counters()["journal_commits_total"]


def _counts(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "acknowledged": sum(part["all_sent"] for part in parts),
        "delivered": sum(part["all_messages"] for part in parts),
        "errors": sum(part["errors"] for part in parts),
        "lost_connections": sum(part["lost"] for part in parts),
    }


def _report(asked: argparse.Namespace, mixes: Sequence[Mix], rounds: Rounds) -> Report:
    report = Report.of("scale" if asked.store == "sqlite" else f"scale_on_{asked.store}", asked)
    first, *others = asked.workers
    for mix in mixes:
        for workers in asked.workers:
            _tell(report, f"{mix}, {_named(workers)}", rounds[mix, workers])
        for workers, (what, rate) in product(others, RATES.items()):
            ratio = rate(rounds[mix, workers]) / rate(rounds[mix, first])
            report.add(f"{mix}, {_named(workers)} against {_named(first)}: {what}", ratio)
    report.generator([each.cpu["generator"] / each.seconds for made in rounds.values() for each in made])
    report.counts = {
        f"{mix}, {_named(workers)}": [each.counts for each in made] for (mix, workers), made in rounds.items()
    }
    report.notes.append(
        f"{asked.connections} connections, {asked.window} messages of each talker outstanding; "
        f"the workers of one server share {STORES[asked.store]} and the bus of their machine"
    )
    return report


def _tell(report: Report, name: str, rounds: Sequence[Round]) -> None:
    """The lines of one number of workers."""
    seconds = sum(each.seconds for each in rounds)
    sent = max(1, sum(len(each.waits) for each in rounds))
    cpu = {side: sum(each.cpu[side] for each in rounds) for side in rounds[0].cpu}
    waits = sorted(wait for each in rounds for wait in each.waits)
    for what, rate in RATES.items():
        report.add(f"{name}: {what}", rate(rounds), "/s")
    report.add(f"{name}: acknowledged after, p50", quantile(waits, 0.5) * 1e3, "ms")
    report.add(f"{name}: acknowledged after, p99", quantile(waits, 0.99) * 1e3, "ms")
    for side, spent in cpu.items():
        if spent:
            report.add(f"{name}: CPU of the {side}", spent / seconds * 100, "% of a core")
    report.add(f"{name}: server CPU per message", cpu["server"] / sent * 1e6, "µs")
    report.add(f"{name}: messages in a transaction", sent / max(1, sum(each.transactions for each in rounds)))


def _named(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"


def _sent(rounds: Sequence[Round]) -> float:
    return sum(len(each.waits) for each in rounds) / sum(each.seconds for each in rounds)


def _delivered(rounds: Sequence[Round]) -> float:
    return sum(each.deliveries for each in rounds) / sum(each.seconds for each in rounds)


RATES = {"acknowledged messages": _sent, "deliveries": _delivered}


if __name__ == "__main__":
    main()
