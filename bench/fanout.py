"""What a delivery costs the server, against `send()` in a loop in C: by messages a flush, by size of room, over many rooms.

Everybody in a room listens; one of them sends `k` messages in one write, so that the journal takes them in one
transaction and every connection gets them in one flush (the counts say whether it was so). A round ends when everything
has arrived; then the C program sends the very same bytes to as many sockets of the same readers. Rounds of all kinds
alternate in short blocks, so that whatever else the machine does falls on all of them. So do those of two more
references: the same bytes from a bare protocol on uvloop, and by `broadcast` of the `websockets` library.

Server CPU is all of it: reading, deciding, storing and encoding the message are divided among its deliveries.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, groupby
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.client import Bare, Client, Silent, Tally, open_all, send_frame
from load.floor import FLOOR, IN_C, Reference, references
from load.generator import Crew, Part, crew
from load.report import CACHE, Report, Steps, conduct, options
from load.sampling import Sampler, told
from load.server import NO_PINGS, Server, serving
from load.world import Room, build, room_id, user_name

from hubbub.codec.wires import WEBSOCKET_JSON
from hubbub.model.entries import Message

RATIO, CHEAPER, JOINED_MICROS = 1.15, 4.0, 1.5
CROWDED, EMPTY = room_id(0), room_id(1)
SPREAD = tuple(room_id(100 + each) for each in range(8))  # rooms that everybody is a member of
WARM_UP = 2  # rounds of each kind, not counted
SERVER, UVLOOP, WEBSOCKETS = "server", "uvloop", "websockets"
READERS: dict[str, type[Client]] = {SERVER: Client, FLOOR: Silent, UVLOOP: Silent, WEBSOCKETS: Bare}
LEAN = (SERVER, FLOOR)  # what the goals compare has the same readers in the same processes


@dataclass(frozen=True)
class Kind:
    """What happens in a round: `messages` at once, `by` the server or a reference, to the first `listeners` users.

    The messages go into `rooms` in turn.
    """

    name: str
    messages: int
    listeners: int
    by: str = SERVER
    rooms: tuple[str, ...] = (CROWDED,)


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does: who of it connects to whom. User 0 of the server also sends."""

    ports: Mapping[str, int]
    numbers: Mapping[str, Sequence[int]]
    content: str
    rounds: Sequence[Kind]


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: the same kind of reader for server and floor; a round begins and ends with a meeting."""
    tally = Tally()
    sender: Client | None = None
    for name, numbers in plan.numbers.items():
        clients = await open_all(partial(READERS[name], tally), numbers, plan.ports[name], part.progressed)
        if name == SERVER and numbers[0] == 0:
            sender = clients[0]
    seen: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    begun = await part.meet()
    for number, kind in enumerate(plan.rounds):
        mine = sum(each < kind.listeners for each in plan.numbers.get(kind.by, ()))
        before = (tally.messages, tally.reads, tally.octets)
        arrived = tally.await_messages(tally.messages + kind.messages * mine)
        await part.meet()
        if sender is not None and kind.by == SERVER:
            sender.transport.write(_burst(number, kind, plan.content))
        await arrived.wait()
        ended = await part.meet()
        if number >= WARM_UP * len(set(plan.rounds)):
            after = (tally.messages, tally.reads, tally.octets)
            seen[kind.name] = [s + a - b for s, a, b in zip(seen[kind.name], after, before, strict=True)]
    return {"seen": dict(seen), "share": ended.share_since(begun), "sent": tally.sent, "lost": tally.lost,
            "errors": [error.decode() for error in tally.errors[:3]]}  # fmt: skip


def _msg_id(number: int, place: int) -> str:
    return f"{number:06}-{place:02}"


def _burst(number: int, kind: Kind, content: str) -> bytes:
    """The messages of a round in one piece."""
    places = range(kind.messages)
    rooms = cycle(kind.rooms)
    return b"".join(send_frame(place, next(rooms), content, _msg_id(number, place)) for place in places)


def _pushes(messages: int, content: str) -> bytes:
    """What a listener is given for them: the bytes the floor sends."""
    push = Message(chat=CROWDED, seq=100, ts=1_700_000_000_000, sender=user_name(0), msg_id=_msg_id(0, 0),
                   msg_type="group", to=CROWDED, content=content)  # fmt: skip
    return WEBSOCKET_JSON.frames([push] * messages)


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument(
        "--waiting", type=int, default=8, help="messages that leave in one flush, of the joined kind"
    )
    parser.add_argument(
        "--curve", type=int, nargs="*", default=[2, 4, 16, 32, 64], help="other numbers of them"
    )
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[10, 100, 1_000, 10_000], help="of other rooms"
    )
    parser.add_argument("--references", nargs="*", choices=(UVLOOP, WEBSOCKETS), default=[UVLOOP, WEBSOCKETS])
    parser.add_argument("--blocks", type=int, default=6, help="blocks of every kind, taken in turn")
    parser.add_argument("--rounds", type=int, default=10, help="rounds in a block")
    parser.add_argument("--content", type=int, default=40, help="characters in a message")
    conduct(parser, run)


def kinds(asked: argparse.Namespace) -> tuple[Kind, ...]:
    """What is compared. The first five are what the issue's goals are about."""
    everybody, waiting = asked.connections, asked.waiting
    made = [
        Kind(_named(FLOOR, 1), 1, everybody, by=FLOOR),
        Kind(_named(SERVER, 1), 1, everybody),
        *_joined(waiting, everybody),
        Kind("server, nobody listens", 1, 1, rooms=(EMPTY,)),
        Kind(f"server, {waiting} joined, of {len(SPREAD)} rooms", waiting, everybody, rooms=SPREAD),
    ]
    for by in asked.references:
        made += [Kind(_named(by, count), count, everybody, by=by) for count in (1, waiting)]
    for count in asked.curve:
        made += _joined(count, everybody)
    made += [
        Kind(f"server, 1 message, room of {size:,}", 1, size, rooms=(_sized(size),)) for size in asked.sizes
    ]
    return tuple(made)


def _joined(count: int, everybody: int) -> tuple[Kind, Kind]:
    return (
        Kind(_named(FLOOR, count), count, everybody, by=FLOOR),
        Kind(_named(SERVER, count), count, everybody),
    )


def _shares(asked: argparse.Namespace, people: int) -> list[dict[str, range]]:
    """Who connects to whom, by process. The references in Python have a process more: open files are counted by process."""
    count, wanted = asked.processes, {SERVER: people, FLOOR: asked.connections}
    made = [{name: range(each, wanted[name], count) for name in LEAN} for each in range(count)]
    return made + [{name: range(asked.connections) for name in asked.references}] * bool(asked.references)


def _sized(size: int) -> str:
    return f"r{size:019}s"


def _rooms(asked: argparse.Namespace) -> list[Room]:
    everybody = range(asked.connections)
    made = [Room(CROWDED, everybody), Room(EMPTY, [0]), *(Room(each, everybody) for each in SPREAD)]
    return made + [Room(_sized(size), range(size)) for size in asked.sizes]


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    store, everybody = data / "server", asked.connections
    people = max(everybody, *asked.sizes, 0)
    build(store, people, _rooms(asked))
    compared = kinds(asked)
    rounds = [kind for kind in compared for _ in range(WARM_UP)]
    rounds += [kind for _ in range(asked.blocks) for kind in compared for _ in range(asked.rounds)]
    content = "x" * asked.content
    with (
        serving(store, NO_PINGS) as server,
        references((FLOOR, *asked.references), data, everybody) as others,
    ):
        ports = {SERVER: server.port} | {name: other.port for name, other in others.items()}
        plans = [Plan(ports, numbers, content, rounds) for numbers in _shares(asked, people)]
        with crew(work, plans) as generator:
            wanted = people + len(others) * everybody
            bar = progress.step("connecting, to server and references", wanted)
            for other in others.values():
                other.ready()
            generator.meet(bar.to)
            bar.to(wanted)
            bench = Rounds(server, others, generator, content)
            sampler = (
                Sampler(server.pid, CACHE / "fanout.stacks", native=asked.native) if asked.profile else None
            )
            bench.run(rounds, len(compared), progress)
            profile = told(sampler.samples(), CACHE / "fanout-profile.json") if sampler is not None else []
            report = _report(asked, compared, bench, generator.results())
    report.notes += profile
    return report


class Rounds:
    """The bench's side of the rounds: it tells references to send, and reads everybody's CPU at each end."""

    def __init__(
        self, server: Server, others: Mapping[str, Reference], generator: Crew, content: str
    ) -> None:
        self._server = server
        self._others = others
        self._generator = generator
        self._content = content
        self.cpu: defaultdict[str, list[float]] = defaultdict(list)
        self.commits: defaultdict[str, float] = defaultdict(float)

    def run(self, rounds: Sequence[Kind], different: int, progress: Steps) -> None:
        """All of them; a run of rounds of one kind is measured as one."""
        bar = progress.step("rounds", len(rounds))
        done = 0
        for kind, count in _blocks(rounds):
            cpu, commits = self._block(kind, count)
            if done >= different * WARM_UP:
                self.cpu[kind.name].append(cpu)
                self.commits[kind.name] += commits
            done += count
            bar.to(done)

    def _block(self, kind: Kind, count: int) -> tuple[float, float]:
        told = self._others.get(kind.by)
        measured = self._server if told is None else told
        commits, cpu = self._commits(), measured.cpu()
        for _ in range(count):
            self._generator.meet()
            if told is not None:
                told.send(_pushes(kind.messages, self._content))
            self._generator.meet()
        return measured.cpu() - cpu, self._commits() - commits

    def _commits(self) -> float:
        return self._server.counters()["journal_commits_total"]


def _blocks(rounds: Sequence[Kind]) -> Iterator[tuple[Kind, int]]:
    for kind, same in groupby(rounds):
        yield kind, len(list(same))


def _report(
    asked: argparse.Namespace, compared: Sequence[Kind], bench: Rounds, parts: Sequence[dict[str, Any]]
) -> Report:
    report = Report.of("fanout", asked)
    rounds = asked.blocks * asked.rounds
    cost: dict[str, float] = {}
    for kind in compared:
        listeners = kind.listeners
        expected = rounds * kind.messages * listeners
        messages, reads, octets = (
            sum(part["seen"][kind.name][place] for part in parts) for place in range(3)
        )
        cost[kind.name] = sum(bench.cpu[kind.name]) / expected * 1e6
        report.add(f"{kind.name}: CPU", cost[kind.name], "µs a delivery" if listeners > 1 else "µs a message")
        report.counts[kind.name] = {
            "deliveries": messages,
            "expected": expected,
            "reads_per_connection_and_round": round(reads / listeners / rounds, 3),
            "bytes_per_delivery": round(octets / max(1, messages), 1),
            "transactions_per_round": bench.commits[kind.name] / rounds,
        }
    alone, server_alone = cost[_named(FLOOR, 1)], cost[_named(SERVER, 1)]
    joined, server_joined = (cost[_named(who, asked.waiting)] for who in (FLOOR, SERVER))
    report.add("ratio to the floor, 1 message a flush", server_alone / alone, "", most=RATIO)
    for by in asked.references:
        report.add(f"{by}: ratio to the floor, 1 message a flush", cost[_named(by, 1)] / alone)
    report.add(
        f"cheaper per delivery, {asked.waiting} a flush", server_alone / server_joined, "times", least=CHEAPER
    )
    report.add(f"ratio to the floor, {asked.waiting} a flush", server_joined / joined)
    report.add(f"a delivery, {asked.waiting} a flush", server_joined, "µs", most=JOINED_MICROS)
    by_block = [s / f for s, f in zip(bench.cpu[compared[1].name], bench.cpu[compared[0].name], strict=True)]
    report.add("ratio, 1 message, best block", min(by_block))
    report.add("ratio, 1 message, worst block", max(by_block))
    counts = sorted({1, asked.waiting, *asked.curve})
    report.chart = Chart(
        "messages a flush",
        "CPU of a delivery, µs",
        {who: [(count, cost[_named(who, count)]) for count in counts] for who in (FLOOR, SERVER)},
        logarithmic=True,
    )
    report.generator([part["share"] for part in parts])
    report.counts |= {
        "acknowledged": sum(part["sent"] for part in parts),
        "errors": [error for part in parts for error in part["errors"]],
        "lost_connections": sum(part["lost"] for part in parts),
    }
    report.notes.append(
        f"one room of {asked.connections}, all connected; {rounds} rounds of each kind; nothing subtracted: what the "
        "message itself costs is in the server's figures (alone: the line `nobody listens`)"
    )
    if not IN_C:
        report.notes.append(
            "no `cc` here: THE FLOOR IS A PYTHON LOOP, some tenths of a microsecond above C's"
        )
    for kind in compared:
        report.notes.append(f"{kind.name}: {report.counts[kind.name]}")
    return report


def _named(who: str, count: int) -> str:
    return f"{who}, 1 message" if count == 1 else f"{who}, {count} joined"


if __name__ == "__main__":
    main()
