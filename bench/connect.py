"""What an authenticated connect costs: TCP, upgrade, `hello` with a token, `welcome`, and telling the fellows who came.

Twice: to a server that has nothing in memory, and again after all have left it. The reference is a bare protocol on the
same event loop that answers the same requests with fixed bytes and looks at nothing.
"""

import argparse
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.client import Client, Tally, hello_frame, open_all
from load.generator import Crew, Part, crew
from load.plain import Plain, plain
from load.quantiles import SHARES, quantile
from load.report import Report, Steps, conduct, options
from load.sampling import sampling
from load.server import NO_PINGS, Server, serving
from load.world import build, rooms_of

GOAL = 3_000


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does."""

    port: int
    numbers: Sequence[int]
    rounds: int


class Arriving(Client):
    """Notes how long its `welcome` took."""

    __slots__ = ("_dialled", "_waits")

    def __init__(self, tally: Tally, number: int, waits: "array[float]") -> None:
        super().__init__(tally, number)
        self._dialled = time.perf_counter()
        self._waits = waits

    def welcomed(self) -> None:
        """It is here."""
        self._waits.append(time.perf_counter() - self._dialled)


async def work(part: Part, plan: Plan) -> list[dict[str, Any]]:
    """One process: connect all from one meeting to the next, stay until a third, leave."""
    for number in plan.numbers:
        hello_frame(number)
    return [await _round(part, plan) for _ in range(plan.rounds)]


async def _round(part: Part, plan: Plan) -> dict[str, Any]:
    tally, waits = Tally(), array("d")
    before = await part.meet()
    clients = await open_all(
        lambda number: Arriving(tally, number, waits), plan.numbers, plan.port, part.progressed
    )
    after = await part.meet()
    await part.meet()
    for client in clients:
        client.transport.abort()
    return {"waits": waits.tobytes(), "share": after.share_since(before), "pushes": tally.others - len(clients), "lost": tally.lost,
            "errors": [error.decode() for error in tally.errors[:3]]}  # fmt: skip


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--rooms", type=int, default=1, help="rooms each user is a member of")
    parser.add_argument("--members", type=int, default=100, help="members of each room")
    conduct(parser, run)


@dataclass
class Round:
    """Seconds from the first dial to the last `welcome`; seconds of CPU until the server was quiet again."""

    seconds: float
    cpu: float


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    store = data / "server"
    rooms = rooms_of(asked.connections, asked.rooms, asked.members)
    build(store, asked.connections, rooms)
    with serving(store, NO_PINGS) as server, sampling(asked, server.pid, "connect") as profile:
        cold, warm = _rounds(asked, server, progress, ("cold", "warm"))
    with plain("greeting") as reference:
        (bare,) = _rounds(asked, reference, progress, ("reference",))
    report = _report(asked, len(rooms), cold, warm, bare)
    report.notes += profile
    return report


Seen = tuple[Round, list[dict[str, Any]]]


def _rounds(
    asked: argparse.Namespace, server: Server | Plain, progress: Steps, names: Sequence[str]
) -> list[Seen]:
    plans = [Plan(server.port, range(each, asked.connections, asked.processes), len(names))
             for each in range(asked.processes)]  # fmt: skip
    with crew(work, plans) as generator:
        rounds = [_one(asked, server, generator, progress, name, place) for place, name in enumerate(names)]
        parts = generator.results()
    return [(each, [part[place] for part in parts]) for place, each in enumerate(rounds)]


def _one(
    asked: argparse.Namespace, server: Server | Plain, generator: Crew, progress: Steps, name: str, place: int
) -> Round:
    bar = progress.step(f"{name}: connecting", asked.connections)
    server.quiet()
    cpu = server.cpu()  # before they are let go: a few may be done before this process runs again
    generator.meet()
    begun = time.perf_counter()
    generator.meet(lambda done: bar.to(done - place * asked.connections))
    seconds = time.perf_counter() - begun
    bar.to(asked.connections)
    server.quiet()
    spent = server.cpu() - cpu
    generator.meet()
    return Round(seconds, spent)


def _report(asked: argparse.Namespace, rooms: int, cold: Seen, warm: Seen, bare: Seen) -> Report:
    report = Report.of("connect", asked)
    each = {
        name: seen[0].cpu / asked.connections * 1e6
        for name, seen in (("cold", cold), ("warm", warm), ("bare", bare))
    }
    lines = {}
    for name, (round_, parts) in (("cold", cold), ("warm", warm)):
        waits = sorted(array("d", b"".join(part["waits"] for part in parts)))
        report.add(f"{name}: connects", asked.connections / round_.seconds, "/s")
        report.add(f"{name}: server CPU per connect", each[name], "µs")
        report.add(f"{name}: connects a second of one core", 1e6 / each[name], "/s", least=GOAL)
        report.add(f"{name}: welcome after, p50", quantile(waits, 0.5) * 1e3, "ms")
        report.add(f"{name}: welcome after, p99", quantile(waits, 0.99) * 1e3, "ms")
        report.add(
            f"{name}: presence pushes per connect", sum(part["pushes"] for part in parts) / asked.connections
        )
        lines[name] = [(share * 100, quantile(waits, share) * 1e3) for share in SHARES]
        report.counts[name] = {
            "welcomed": len(waits),
            "lost": sum(part["lost"] for part in parts),
            "errors": [error for part in parts for error in part["errors"]],
        }
    report.add("reference: CPU of a bare protocol that answers as much", each["bare"], "µs")
    report.add("cold: ratio to the reference", each["cold"] / each["bare"])
    report.add("warm: ratio to the reference", each["warm"] / each["bare"])
    report.generator([part["share"] for _, parts in (cold, warm, bare) for part in parts])
    report.chart = Chart("% of the connects", "welcome after, ms", lines)
    report.notes.append(
        f"every user in {asked.rooms} of {rooms} rooms of {asked.members}; CPU until all fellows were told; "
        "`warm`: the same users at once after they had left"
    )
    return report


if __name__ == "__main__":
    main()
