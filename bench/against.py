"""The same load against several chat servers: connections spread over channels, messages on schedule, every delivery counted.

Without `--url`, the servers named by `--serve` are started here one after the other, and what a delivery costs each in
CPU is told as a ratio to the bare broadcast server of the same run. What they promise is not the same: Hubbub answers
once a message is on the disk, the others keep nothing. With `--url` and `--protocol` a server that runs already is
loaded (Centrifugo: `--url ws://host:8000 --protocol centrifugo`, with the connections' token in the environment as TOKEN);
only what the clients see is told then.
"""

import argparse
import os
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from load.generator import crew
from load.report import Report, Steps, options, steps, work_folder
from load.server import cpu_seconds, resident_bytes
from load.world import Room, room_id
from peers.load import Plan, work
from peers.protocols import PROTOCOLS
from peers.started import EVERYWHERE, STARTED, Started


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--url", default="", help="a server that runs already, as ws://host:port")
    parser.add_argument("--protocol", choices=sorted(PROTOCOLS), default="centrifugo", help="what it speaks")
    parser.add_argument(
        "--serve", nargs="+", choices=list(STARTED), default=list(EVERYWHERE), help="start these"
    )
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--channels", type=int, default=100)
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second, all channels together")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--padding", type=int, default=40, help="characters of content beside the moment")
    asked = parser.parse_args()
    report = Report.of("against", asked)
    with work_folder() as data, steps() as progress:
        if asked.url:
            there = Started(asked.url, 0, asked.protocol, [os.environ.get("TOKEN", "")] * asked.connections)
            _load(asked, asked.protocol, there, report, progress)
        else:
            _all(asked, data, report, progress)
    report.tell(as_json=asked.json, record=asked.record)


def rooms_of(connections: int, channels: int) -> list[Room]:
    """Each connection's user in one room."""
    return [Room(room_id(each), range(each, connections, channels)) for each in range(channels)]


def _all(asked: argparse.Namespace, data: Path, report: Report, progress: Steps) -> None:
    costs: dict[str, float] = {}
    for name in asked.serve:
        with STARTED[name](data, rooms_of(asked.connections, asked.channels), asked.connections) as there:
            costs[name] = _load(asked, name, there, report, progress)
    reference = asked.serve[0]
    for name, cost in costs.items():
        if name != reference and costs[reference]:
            report.add(f"{name}: CPU of a delivery, ratio to {reference}", cost / costs[reference])


def _load(asked: argparse.Namespace, name: str, there: Started, report: Report, progress: Steps) -> float:
    """Load one server; gives its CPU a delivery, in µs (0 if it is not ours to look at)."""
    bar = progress.step(f"{name}: connecting", asked.connections)
    with crew(work, _plans(asked, there)) as generator:
        generator.meet(bar.to)
        bar.to(asked.connections)
        cpu = cpu_seconds(there.pid) if there.pid else 0.0
        bar = progress.step(f"{name}: publishing", 1)
        generator.meet()
        generator.meet()
        bar.to(1)
        spent = cpu_seconds(there.pid) - cpu if there.pid else 0.0
        memory = resident_bytes(there.pid) if there.pid else 0
        return _tell(asked, name, generator.results(), spent, memory, report)


def _plans(asked: argparse.Namespace, there: Started) -> list[Plan]:
    size = -(-asked.connections // asked.processes)
    plans = []
    for first in range(0, asked.connections, size):
        numbers = range(first, min(first + size, asked.connections))
        channels = [room_id(number % asked.channels) for number in numbers]
        share = len(numbers) / asked.connections
        plans.append(
            Plan(there.url, there.protocol, channels, [there.tokens[each] for each in numbers], first,
                 asked.rate * share, asked.seconds, "x" * asked.padding)
        )  # fmt: skip
    return plans


def _tell(
    asked: argparse.Namespace,
    name: str,
    parts: Sequence[dict[str, Any]],
    spent: float,
    memory: int,
    report: Report,
) -> float:
    delays = sorted(array("d", b"".join(part["delays"] for part in parts)))
    delivered = sum(part["delivered"] for part in parts)
    report.add(f"{name}: deliveries", delivered / asked.seconds, "/s")
    for part in (0.5, 0.99):
        if delays:
            report.add(
                f"{name}: delivered after, p{part * 100:g}", delays[int(len(delays) * part)] * 1e3, "ms"
            )
    cost = spent / delivered * 1e6 if delivered else 0.0
    if spent:
        report.add(f"{name}: server CPU of a delivery", cost, "µs")
        report.add(f"{name}: memory of the server", memory / 2**20, "MiB")
    asked_for = sum(part["asked"] for part in parts)
    report.counts[name] = {
        "asked": asked_for,
        "published": sum(part["published"] for part in parts),
        "delivered": delivered,
        "expected": asked_for * asked.connections // asked.channels,
        "failures": [failure for part in parts for failure in part["failures"][:3]],
    }
    return cost


if __name__ == "__main__":
    main()
