"""What it costs to tell a room who comes and goes, and how soon its members know.

An open loop: users arrive at a fixed rate in rooms full of others, stay for a moment, and leave; a second later they are offline.
Every member of their room is told both. The reference is the same coming and going where the rooms count as crowds, in
which presence is not told.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.client import Client, Tally, hello_frame, open_all
from load.generator import Part, crew
from load.quantiles import SHARES, Histogram
from load.report import Report, Steps, conduct, options
from load.sampling import sampling
from load.server import NO_PINGS, serving
from load.world import Room, build, room_id, user_name

LINGER = {"HUBBUB_PRESENCE_LINGER_SECONDS": "1"}
CROWDS = {"HUBBUB_LIMITS_CROWD": "1"}
STAY_SECONDS = 1.0
PATIENCE = 60  # seconds until all were told
USER, ONLINE, OFFLINE = b'"user":"', b'"online":true', b'"online":false'


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does. All members of a room live in one process. `told`: whether fellows are."""

    port: int
    stay: Sequence[int]
    move: Sequence[int]
    pause: float
    fellows: int
    told: bool


class Seen:
    """What the members of one process hear of presence, and when those came whom they hear of."""

    def __init__(self) -> None:
        self.came: dict[bytes, int] = {}
        self.waits = Histogram()
        self.online = self.offline = 0

    def hear(self, payload: bytes) -> None:
        """A `presence` push."""
        user = payload.partition(USER)[2].partition(b'"')[0]
        if user not in self.came:
            return
        if OFFLINE in payload:
            self.offline += 1
        else:
            self.online += 1
            self.waits.add(time.monotonic_ns() // 1_000 - self.came[user])


class Watching(Client):
    """Stays, and hears who comes."""

    __slots__ = ("_seen",)

    def __init__(self, tally: Tally, number: int, seen: Seen) -> None:
        super().__init__(tally, number)
        self._seen = seen

    def other(self, kind: int, first: int, payload: bytes) -> None:
        """Presence, or anything else."""
        super().other(kind, first, payload)
        if payload.startswith(b'{"type":"presence"'):
            self._seen.hear(payload)


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: some stay, the others come and go, one every `pause` seconds."""
    seen, staying, moving = Seen(), Tally(), Tally()
    for number in plan.move:
        hello_frame(number)
    held = await open_all(
        lambda number: Watching(staying, number, seen), plan.stay, plan.port, part.progressed
    )
    await part.meet()
    before = await part.meet()
    start = time.monotonic()
    visits = []
    for place, number in enumerate(plan.move):
        await asyncio.sleep(max(0.0, start + place * plan.pause - time.monotonic()))
        visits.append(asyncio.ensure_future(_visit(moving, number, seen, plan.port)))  # noqa: TID251 - ends with the run
    await asyncio.gather(*visits)
    if plan.told:
        await _all_told(seen, len(plan.move) * plan.fellows)
    after = await part.meet()
    await part.meet()
    return {"waits": seen.waits, "online": seen.online, "offline": seen.offline, "share": after.share_since(before),
            "lost": sum(client.transport.is_closing() for client in held), "errors": len(moving.errors)}  # fmt: skip


async def _visit(tally: Tally, number: int, seen: Seen, port: int) -> None:
    (client,) = await open_all(lambda each: Client(tally, each), [number], port, lambda: None)
    seen.came[user_name(number).encode()] = time.monotonic_ns() // 1_000
    await asyncio.sleep(STAY_SECONDS)
    client.transport.abort()


async def _all_told(seen: Seen, expected: int) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while min(seen.online, seen.offline) < expected:  # noqa: ASYNC110 - over in a moment, or an error
                await asyncio.sleep(0.05)


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--rooms", type=int, default=40)
    parser.add_argument("--members", type=int, default=100, help="of each room")
    parser.add_argument("--visitors", type=int, default=25, help="of them, who come and go once")
    parser.add_argument("--rate", type=float, default=100.0, help="arrivals a second")
    conduct(parser, run)


@dataclass
class Measured:
    """Seconds of the server's CPU, and what the processes saw."""

    cpu: float
    parts: list[dict[str, Any]]

    def total(self, name: str) -> int:
        """Of all processes."""
        return sum(part[name] for part in self.parts)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    store, people = data / "server", asked.rooms * asked.members
    rooms = [
        Room(room_id(each), range(each * asked.members, (each + 1) * asked.members))
        for each in range(asked.rooms)
    ]
    build(store, people, rooms)
    measured, profile = _measure(asked, store, LINGER, progress, "told")
    silent, _ = _measure(asked, store, LINGER | CROWDS, progress, "not told")
    report = _report(asked, measured, silent)
    report.notes += profile
    return report


def _measure(
    asked: argparse.Namespace, store: Path, settings: Mapping[str, str], progress: Steps, name: str
) -> tuple[Measured, list[str]]:
    bar = progress.step(f"{name}: connecting", asked.rooms * (asked.members - asked.visitors))
    with (
        serving(store, NO_PINGS | settings) as server,
        sampling(asked, server.pid, "churn") as profile,
        crew(work, _plans(asked, server.port, told=name == "told")) as generator,
    ):
        generator.meet(bar.to)
        server.quiet()
        bar = progress.step(f"{name}: coming and going", 1)
        cpu = server.cpu()
        generator.meet()
        generator.meet()
        bar.to(1)
        server.quiet()
        spent = server.cpu() - cpu
        generator.meet()
        return Measured(spent, generator.results()), profile


def _plans(asked: argparse.Namespace, port: int, *, told: bool) -> list[Plan]:
    return [_plan(asked, port, each, told=told) for each in range(asked.processes)]


def _plan(asked: argparse.Namespace, port: int, process: int, *, told: bool) -> Plan:
    rooms = range(process, asked.rooms, asked.processes)
    visitors = range(asked.visitors)
    move = [room * asked.members + place for place in visitors for room in rooms]
    stay = [room * asked.members + place for room in rooms for place in range(asked.visitors, asked.members)]
    return Plan(port, stay, move, asked.processes / asked.rate, asked.members - asked.visitors, told)


def _report(asked: argparse.Namespace, measured: Measured, silent: Measured) -> Report:
    report = Report.of("churn", asked)
    visits = asked.rooms * asked.visitors
    waits = sum((part["waits"] for part in measured.parts), Histogram())
    ours, theirs = (each.cpu / visits * 1e6 for each in (measured, silent))
    p50, p99 = waits.quantiles((0.5, 0.99))
    report.add("fellows know after, p50", p50, "ms")
    report.add("fellows know after, p99", p99, "ms")
    report.add("server CPU of a visit", ours, "µs")
    report.add("reference: nobody is told", theirs, "µs")
    report.add("ratio to the reference", ours / theirs)
    report.add(
        "telling one fellow of one change", (ours - theirs) / (2 * (asked.members - asked.visitors)), "µs"
    )
    report.generator([part["share"] for each in (measured, silent) for part in each.parts])
    report.counts = {
        "visits": visits,
        "expected": visits * (asked.members - asked.visitors),
        "heard_online": measured.total("online"),
        "heard_offline": measured.total("offline"),
        "heard_in_crowds": silent.total("online") + silent.total("offline"),
        "errors": measured.total("errors") + silent.total("errors"),
        "lost": measured.total("lost") + silent.total("lost"),
    }
    line = list(zip((share * 100 for share in SHARES), waits.quantiles(SHARES), strict=True))
    report.chart = Chart("% of the fellows", "know after, ms", {"told": line})
    report.notes.append(
        f"{asked.rooms} rooms of {asked.members}, {asked.visitors} of each come and go once, {asked.rate:g} a second in all; "
        "CPU of TCP, upgrade, hello, welcome, the end, and of telling both"
    )
    report.notes.append(str(report.counts))
    return report


if __name__ == "__main__":
    main()
