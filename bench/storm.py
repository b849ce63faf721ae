"""The server is killed with -9 under thousands of clients and started again: how long until all of them are resumed.

Every client behaves as docs/protocol.md §4 has it: it waits a random time between 0 and min(30 s, 1 s · 2^attempt) before
each attempt, says `hello` with its token and its cursors, and is back when `welcome` and all it missed have come. A part
of them missed a message. The server counts how often it asked its database about a token.
The reference is the same clients, who leave and come back in the same way, while the server stays.
"""

import argparse
import asyncio
import json
import random
import time
from array import array
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.client import MASK, Client, Tally, open_all, send_frame
from load.generator import Crew, Part, crew
from load.quantiles import SHARES, quantile
from load.report import Report, Steps, conduct, options
from load.sampling import sampling
from load.server import NO_PINGS, Server, serving
from load.world import Room, build, rooms_of, token_of

from hubbub.codec.websocket_frames import masked_text_frame

GOAL = 15.0
LONGEST_WAIT = 30.0  # seconds: docs/protocol.md §4
DIALS_AT_ONCE = 500  # of one process; who waits for a turn waits as seen by its user


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does: `rooms` of each of `numbers`; those `behind` will have missed a message in each.

    `speaks`: who says something where before the kill.
    """

    port: int
    numbers: Sequence[int]
    rooms: Mapping[int, Sequence[str]]
    behind: Collection[int]
    speaks: Mapping[int, Sequence[str]]


class Returning(Client):
    """Says where it was. It has a tally of its own."""

    __slots__ = ("_hello",)

    def __init__(self, number: int, hello: bytes) -> None:
        super().__init__(Tally(), number)
        self._hello = hello

    def hello(self) -> bytes:
        """With cursors."""
        return self._hello


@dataclass
class Device:
    """A client that comes back. `missed`: messages it is to be given; `attempts`: dials until it was back at `moment`."""

    number: int
    hello: bytes
    missed: int
    client: Client
    attempts: int = 0
    moment: float = 0.0

    async def come_back(self, port: int, turns: asyncio.Semaphore) -> None:
        """Full jitter before each attempt."""
        self.attempts = 0
        while True:
            await asyncio.sleep(random.uniform(0, min(LONGEST_WAIT, 2.0**self.attempts)))
            self.attempts += 1
            try:
                async with turns:
                    await self._try(port)
            except OSError:
                continue
            self.moment = time.perf_counter()
            return

    async def _try(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(
            lambda: Returning(self.number, self.hello), "127.0.0.1", port
        )
        self.client = client
        if client.opened is not None:
            await client.opened
        await client.tally.await_messages(self.missed).wait()


async def work(part: Part, plan: Plan) -> dict[str, Any]:
    """One process: connect, hear a message in every room, come back from the server's death, then from one's own leave."""
    tally = Tally()
    held = await open_all(lambda number: Client(tally, number), plan.numbers, plan.port, part.progressed)
    await part.meet()
    heard = tally.await_messages(sum(len(plan.rooms[number]) for number in plan.numbers))
    for client in held:
        for room in plan.speaks.get(client.number, ()):
            client.transport.write(send_frame(1, room, "x" * 40, f"m-{room}"))
    await heard.wait()
    devices = [_device(client, plan) for client in held]
    await part.meet()
    while tally.lost < len(held):  # noqa: ASYNC110 - over in a moment
        await asyncio.sleep(0.01)
    killed = await _all_back(part, plan, devices)
    for device in devices:
        device.client.transport.abort()
    left = await _all_back(part, plan, devices)
    return {"killed": killed, "left": left}


def _device(client: Client, plan: Plan) -> Device:
    rooms = plan.rooms[client.number]
    missed = len(rooms) if client.number in plan.behind else 0
    hello = {"type": "hello", "id": 0, "token": token_of(client.number), "chats": "changed",
             "cursors": dict.fromkeys(rooms, 0 if missed else 1)}  # fmt: skip
    return Device(client.number, masked_text_frame(json.dumps(hello).encode(), MASK), missed, client)


async def _all_back(part: Part, plan: Plan, devices: Sequence[Device]) -> dict[str, Any]:
    async def one(device: Device) -> None:
        await device.come_back(plan.port, turns)
        part.progressed()

    turns = asyncio.Semaphore(DIALS_AT_ONCE)
    before = await part.meet()
    await asyncio.gather(*map(one, devices))
    after = await part.meet()
    await part.meet()
    return {
        "moments": array("d", (device.moment for device in devices)).tobytes(),
        "dials": sum(device.attempts for device in devices),
        "replayed": sum(device.client.tally.messages for device in devices),
        "errors": sum(len(device.client.tally.errors) for device in devices),
        "share": after.share_since(before),
    }


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=15_000)
    parser.add_argument("--rooms", type=int, default=1, help="rooms each user is a member of")
    parser.add_argument("--members", type=int, default=100, help="members of each room")
    parser.add_argument(
        "--behind", type=float, default=0.1, help="part of the users who missed a message in each room"
    )
    conduct(parser, run)


def _plans(asked: argparse.Namespace, rooms: Sequence[Room], port: int) -> list[Plan]:
    of_user, speaks = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    for room in rooms:
        speaks[room.people[0]].append(room.id)
        for number in room.people:
            of_user[number].append(room.id)
    everybody = range(asked.connections)
    behind = frozenset(random.sample(everybody, int(asked.connections * asked.behind)))
    shares = [everybody[each :: asked.processes] for each in range(asked.processes)]
    return [
        Plan(port, share, {number: of_user[number] for number in share}, behind, speaks) for share in shares
    ]


@dataclass
class Return:
    """When it began, when the server served again, and what the server spent until it was quiet."""

    begun: float
    served: float
    cpu: float
    counters: Mapping[str, float]


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    store = data / "server"
    rooms = rooms_of(asked.connections, asked.rooms, asked.members)
    build(store, asked.connections, rooms)
    with serving(store, NO_PINGS) as server, crew(work, _plans(asked, rooms, server.port)) as generator:
        bar = progress.step("connecting", asked.connections)
        generator.meet(bar.to)
        bar.to(asked.connections)
        generator.meet()
        begun = time.perf_counter()
        server.kill()
        generator.meet()
        with serving(store, NO_PINGS, port=server.port) as again:
            with sampling(asked, again.pid, "storm") as profile:
                killed = _await_all(asked, generator, again, progress, "killed", begun)
            begun = time.perf_counter()
            generator.meet()
            left = _await_all(asked, generator, again, progress, "left", begun)
            report = _report(asked, len(rooms), killed, left, generator.results())
    report.notes += profile
    return report


def _await_all(
    asked: argparse.Namespace, generator: Crew, server: Server, progress: Steps, name: str, begun: float
) -> Return:
    bar = progress.step(f"{name}: coming back", asked.connections)
    before, served, cpu = generator.progress, time.perf_counter(), server.cpu()
    generator.meet(lambda done: bar.to(done - before))
    bar.to(asked.connections)
    server.quiet()
    spent, counters = server.cpu() - cpu, server.counters()
    generator.meet()
    return Return(begun, served, spent, counters)


def _report(
    asked: argparse.Namespace, rooms: int, killed: Return, left: Return, parts: Sequence[dict[str, Any]]
) -> Report:
    report = Report.of("storm", asked)
    lines = {}
    for name, each in (("killed", killed), ("left", left)):
        seen = [part[name] for part in parts]
        waits = sorted(moment - each.begun for part in seen for moment in array("d", part["moments"]))
        goal = GOAL if name == "killed" else None
        report.add(f"{name}: all are resumed after", waits[-1], "s", most=goal)
        report.add(f"{name}: resumed after, p50", quantile(waits, 0.5), "s")
        report.add(f"{name}: resumed after, p99", quantile(waits, 0.99), "s")
        report.add(f"{name}: server CPU per resume", each.cpu / asked.connections * 1e6, "µs")
        report.add(f"{name}: dials per client", sum(part["dials"] for part in seen) / asked.connections)
        lines[name] = [(share * 100, quantile(waits, share)) for share in SHARES]
        report.counts[name] = {
            "resumed": len(waits),
            "connections": each.counters["connections"],
            "replayed": sum(part["replayed"] for part in seen),
            "token_lookups": each.counters["token_lookups_total"],
            "errors": sum(part["errors"] for part in seen),
        }
        report.notes.append(f"{name}: {report.counts[name]}")
    report.generator([part[name]["share"] for part in parts for name in ("killed", "left")])
    report.add("killed: the server served again after", killed.served - killed.begun, "s")
    report.add("killed: database reads for tokens", killed.counters["token_lookups_total"], "", most=0)
    report.add("killed: CPU per resume, ratio to the reference", killed.cpu / left.cpu)
    report.chart = Chart("% of the clients", "resumed after, s", lines)
    report.notes.append(
        f"every user in {asked.rooms} of {rooms} rooms of {asked.members}; {asked.behind:.0%} missed a message in each; "
        "seconds from the kill (or the leave) on, the wait before each dial included"
    )
    return report


if __name__ == "__main__":
    main()
