"""Whether anything costs more where there is more of everything: idle connections, rooms in memory.

A server of each size, all running at the same time, gets the same traffic in turn, in short rounds, so that whatever else the
machine does falls on all of them. The first number of connections and of rooms is what the others are compared with. Where
there are more connections, those are idle, in rooms of their own; where there are more rooms, all are talked in, each seldom.
Hearts beat everywhere, and the metrics are scraped once a round.

What a server does while nobody says anything is measured in rounds of silence, told apart, and taken off the rest.
"""

import argparse
import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from typing import Any

from load.chart import Chart
from load.client import MASK, open_all
from load.generator import Crew, Part, crew
from load.openloop import DIGITS, PATIENCE, Clocked, Listening, Message, send_due
from load.plain import PING
from load.quantiles import SHARES, Histogram
from load.report import Report, Steps, conduct, options
from load.sampling import sampling
from load.server import Server, serving
from load.world import Room, build, room_id
from load.world import rooms_of as world_of

from hubbub.codec.websocket_frames import masked_text_frame

FLAT = 1.2  # times what it costs in the first size
CROWDED = room_id(10**18)
PING_FRAME, PONG = masked_text_frame(PING, MASK), PING.replace(b"ping", b"pong")
SILENCE, TALK, FAN_OUT, PINGS = "silence", "talk", "fan-out", "pings"


@dataclass(frozen=True)
class Size:
    """Of one server: who is connected, and the rooms that are talked in."""

    people: int
    rooms: int

    def world(self, members: int) -> list[Room]:
        """Everybody is in as many rooms, of so many members; the first ones are talked in."""
        return world_of(self.people, max(1, self.rooms * members // self.people), members)

    def __str__(self) -> str:
        return f"{self.people:,} connections, {self.rooms:,} rooms"


@dataclass(frozen=True)
class Share:
    """A process's part of a round. `expected`: deliveries to its connections."""

    place: int
    kind: str
    schedule: Sequence[Message]
    expected: int


@dataclass(frozen=True)
class Round:
    """What happens for a while on the server at `place`; in `said`, who speaks in which room after how many seconds."""

    place: int
    kind: str
    said: Sequence[tuple[float, int, Room]] = ()

    @property
    def deliveries(self) -> int:
        """To all who are in those rooms."""
        return sum(len(room.people) for _, _, room in self.said)

    def part_of(self, process: int, processes: int) -> Share:
        """Of the connections that this process has."""
        mine = [said for said in self.said if said[1] % processes == process]
        schedule = [(after, number, room.id) for after, number, room in mine]
        expected = sum(number % processes == process for _, _, room in self.said for number in room.people)
        return Share(self.place, self.kind, schedule, expected)


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does: its connections to each server, and its part of the rounds."""

    fleets: Sequence[tuple[int, Sequence[int]]]
    rounds: Sequence[Share]
    padding: str
    seconds: float


# ── the generator ───────────────────────────────────────────────────────────────────────────────────────────────────


class Fleet(Clocked):
    """The connections of a process to one server. `pongs`: still to come."""

    def __init__(self) -> None:
        super().__init__()
        self.talk: list[Histogram] = []
        self.pongs = self.answered = 0
        self.silent = asyncio.Event()

    async def join(self, part: Part, port: int, numbers: Sequence[int]) -> None:
        """Connect."""
        made = await open_all(lambda number: Talking(self, number), numbers, port, part.progressed)
        self.clients = {client.number: client for client in made if isinstance(client, Talking)}

    def ponged(self) -> None:
        """One more of them is here."""
        self.answered += 1
        self.pongs -= 1
        if not self.pongs:
            self.silent.set()

    async def ping(self, those: Sequence["Talking"]) -> None:
        """All at once; until all are answered."""
        self.silent.clear()
        self.pongs = len(those)
        for client in those:
            client.transport.write(PING_FRAME)
        if those:
            await self.silent.wait()


class Talking(Listening):
    """Talks, listens, and pings."""

    __slots__ = ("_fleet",)

    def __init__(self, fleet: Fleet, number: int) -> None:
        super().__init__(fleet, number)
        self._fleet = fleet

    def other(self, kind: int, first: int, payload: bytes) -> None:
        """A pong, or anything else."""
        if payload == PONG:
            self._fleet.ponged()
        else:
            super().other(kind, first, payload)


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: everybody connects, then each round lies between two meetings."""
    fleets = [Fleet() for _ in plan.fleets]
    for fleet, (port, numbers) in zip(fleets, plan.fleets, strict=True):
        await fleet.join(part, port, numbers)
    begun = await part.meet()
    pinging = min(len(fleet.clients) for fleet in fleets)
    for each in plan.rounds:
        await part.meet()
        await _perform(fleets[each.place], plan, each, pinging)
        ended = await part.meet()
    return {"share": ended.share_since(begun), "fleets": [_seen(fleet) for fleet in fleets]}


async def _perform(fleet: Fleet, plan: Plan, what: Share, pinging: int) -> None:
    if what.kind == SILENCE:
        await asyncio.sleep(plan.seconds)
    elif what.kind == PINGS:
        until = monotonic() + plan.seconds
        while monotonic() < until:
            await fleet.ping(list(fleet.clients.values())[:pinging])
    else:
        heard = fleet.tally.await_messages(fleet.tally.messages + what.expected)
        await send_due(fleet, fleet.clients, what.schedule, plan.padding)
        async with asyncio.timeout(PATIENCE):
            await heard.wait()
    if what.kind == TALK:
        fleet.talk.append(fleet.delivered)


def _seen(fleet: Fleet) -> dict[str, Any]:
    tally = fleet.tally
    return {"talk": fleet.talk, "delivered": tally.messages, "acknowledged": tally.sent, "pongs": fleet.answered,
            "heartbeats": tally.pings, "lost": tally.lost, "errors": [error.decode() for error in tally.errors[:3]]}  # fmt: skip


# ── the bench ───────────────────────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, nargs="+", default=[1_000, 15_000], help="the first: with each number of rooms")  # fmt: skip
    parser.add_argument("--rooms", type=int, nargs="+", default=[100, 100_000], help="that are talked in; the first: with each number of connections")  # fmt: skip
    parser.add_argument("--members", type=int, default=10, help="of each room")
    parser.add_argument("--crowd", type=int, default=500, help="members of one room more")
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second, in all rooms together")
    parser.add_argument("--crowd-rate", type=float, default=40.0, help="messages a second in the large room")
    parser.add_argument("--content", type=int, default=40, help="characters in a message")
    parser.add_argument("--blocks", type=int, default=6, help="rounds of each kind with each server")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    sizes, servers, profiles = sizes_of(asked), [], []
    bar = progress.step("users, rooms, members", len(sizes))
    with ExitStack() as stack:
        for place, size in enumerate(sizes):
            rooms = [*size.world(asked.members), Room(CROWDED, range(asked.crowd))]
            build(data / str(place), size.people, rooms)
            bar.to(place + 1)
        for place in range(len(sizes)):
            servers.append(stack.enter_context(serving(data / str(place))))
            profiles.append(stack.enter_context(sampling(asked, servers[-1].pid, f"flat-{place}")))
        bench = Rounds(asked, sizes, servers)
        bench.run(progress)
        report = _report(asked, sizes, bench)
    report.notes += [line for profile in profiles for line in profile]
    return report


def sizes_of(asked: argparse.Namespace) -> list[Size]:
    """The first, then more connections, then more rooms."""
    people, *more_people = asked.connections
    rooms, *more_rooms = asked.rooms
    return [Size(people, rooms), *(Size(each, rooms) for each in more_people), *(Size(people, each) for each in more_rooms)]  # fmt: skip


def rounds_of(asked: argparse.Namespace, sizes: Sequence[Size]) -> Iterator[Round]:
    """There and back, so that what rises during the run rises for all."""
    drawn, crowd = random.Random(7), [Room(CROWDED, range(asked.crowd))]
    talking = [size.world(asked.members)[: size.rooms] for size in sizes]
    for block in range(asked.blocks):
        places = range(len(sizes))[:: -1 if block % 2 else 1]
        for kind, place in product((SILENCE, TALK, FAN_OUT, PINGS), places):
            said = {TALK: (asked.rate, talking[place]), FAN_OUT: (asked.crowd_rate, crowd)}.get(kind)
            yield Round(place, kind, [] if said is None else list(_said(drawn, asked.seconds, *said)))


def _said(
    drawn: random.Random, seconds: float, rate: float, rooms: Sequence[Room]
) -> Iterator[tuple[float, int, Room]]:
    for number in range(max(1, int(rate * seconds))):
        room = drawn.choice(rooms)
        yield number / rate, drawn.choice(room.people), room


class Rounds:
    """All rounds: what is said in them, and what the servers spent."""

    def __init__(self, asked: argparse.Namespace, sizes: Sequence[Size], servers: Sequence[Server]) -> None:
        self._asked = asked
        self._sizes = sizes
        self._servers = servers
        self._rounds = list(rounds_of(asked, sizes))
        self._cpu: defaultdict[tuple[int, str], float] = defaultdict(float)
        self._seconds: defaultdict[tuple[int, str], float] = defaultdict(float)
        self.parts: list[dict[str, Any]] = []

    def run(self, progress: Steps) -> None:
        """All of them."""
        bar = progress.step("connecting", sum(size.people for size in self._sizes))
        with crew(work, [self._plan(process) for process in range(self._asked.processes)]) as generator:
            generator.meet(bar.to)
            bar.to(generator.progress)
            for server in self._servers:
                server.quiet()
            self.memory = [server.rss() for server in self._servers]
            bar = progress.step("rounds", len(self._rounds))
            for done, what in enumerate(self._rounds):
                self._round(what, generator)
                bar.to(done + 1)
            self.parts = generator.results()

    def _plan(self, process: int) -> Plan:
        asked = self._asked
        numbers = [range(process, size.people, asked.processes) for size in self._sizes]
        ports = [server.port for server in self._servers]
        rounds = [each.part_of(process, asked.processes) for each in self._rounds]
        padding = "x" * max(0, asked.content - DIGITS)
        return Plan(list(zip(ports, numbers, strict=True)), rounds, padding, asked.seconds)

    def _round(self, what: Round, generator: Crew) -> None:
        server = self._servers[what.place]
        cpu, begun = server.cpu(), perf_counter()
        generator.meet()
        server.counters()
        generator.meet()
        self._seconds[what.place, what.kind] += perf_counter() - begun
        self._cpu[what.place, what.kind] += server.cpu() - cpu

    def silence(self, place: int) -> float:
        """What the server takes of a core while nobody says anything."""
        return self._cpu[place, SILENCE] / self._seconds[place, SILENCE]

    def cost(self, place: int, kind: str) -> float:
        """Microseconds of CPU of what these rounds are about, beyond what silence takes."""
        spent = self._cpu[place, kind] - self.silence(place) * self._seconds[place, kind]
        return spent / self._events(place, kind) * 1e6

    def _events(self, place: int, kind: str) -> int:
        those = [each for each in self._rounds if (each.place, each.kind) == (place, kind)]
        if kind == PINGS:
            return int(self.seen(place, "pongs"))
        return sum(len(each.said) if kind == TALK else each.deliveries for each in those)

    def delays(self, place: int) -> list[Histogram]:
        """From due to delivered, of each round of talk."""
        parts = [part["fleets"][place]["talk"] for part in self.parts]
        return [sum(each, Histogram()) for each in zip(*parts, strict=True)]

    def seen(self, place: int, what: str) -> Any:  # noqa: ANN401 - a count, or a list
        """What the processes saw of this server, added up."""
        first, *others = (part["fleets"][place][what] for part in self.parts)
        return sum(others, first)

    def counts(self, place: int) -> dict[str, Any]:
        """Exact on any machine."""
        those = [each for each in self._rounds if each.place == place]
        names = ("acknowledged", "delivered", "pongs", "heartbeats", "lost", "errors")
        return {
            "said": sum(len(each.said) for each in those),
            "expected": sum(each.deliveries for each in those),
            **{name: self.seen(place, name) for name in names},
        }


def _report(asked: argparse.Namespace, sizes: Sequence[Size], bench: Rounds) -> Report:
    report = Report.of("flat", asked)
    figures = [_figures(asked, place, bench) for place in range(len(sizes))]
    for place, (size, found) in enumerate(zip(sizes, figures, strict=True)):
        for what, (value, unit) in found.items():
            report.add(f"{size}: {what}", value, unit)
        report.add(f"{size}: CPU while nobody says anything", bench.silence(place) * 100, "% of a core")
        report.add(f"{size}: RSS of the server", bench.memory[place] / 2**20, "MiB")
        report.counts[str(size)] = bench.counts(place)
    for size, found in zip(sizes[1:], figures[1:], strict=True):
        for what, (value, _) in found.items():
            report.add(f"{size}: {what}, ratio", value / figures[0][what][0], most=FLAT)
    report.generator([part["share"] for part in bench.parts])
    report.chart = Chart("% of the deliveries", "delivered after, ms", {
        str(size): list(zip((share * 100 for share in SHARES), sum(bench.delays(place), Histogram()).quantiles(SHARES), strict=True))
        for place, size in enumerate(sizes)
    })  # fmt: skip
    report.notes.append(
        f"ratios to {sizes[0]}; {asked.rate:g} messages/s into rooms of {asked.members}, {asked.crowd_rate:g}/s into one of "
        f"{asked.crowd}; SQLite WAL, synchronous=FULL; delays count from when a message was due; default heartbeat"
    )
    report.notes.append("more connections than talk are in as many more rooms, idle; all servers run at once")
    return report


def _figures(asked: argparse.Namespace, place: int, bench: Rounds) -> dict[str, tuple[float, str]]:
    """What is compared, with its unit; delays as in the median round, because a disk that hesitates does so for one of them."""
    rounds = [tuple(each.quantiles((0.5, 0.99))) for each in bench.delays(place)]
    return {
        f"CPU of a message and its {asked.members} deliveries": (bench.cost(place, TALK), "µs"),
        f"CPU of a delivery in a room of {asked.crowd}": (bench.cost(place, FAN_OUT), "µs"),
        "CPU of a ping": (bench.cost(place, PINGS), "µs"),
        "delivered after, p50": (median(p50 for p50, _ in rounds), "ms"),
        "delivered after, p99": (median(p99 for _, p99 in rounds), "ms"),
    }


if __name__ == "__main__":
    main()
