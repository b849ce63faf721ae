"""What a request costs that asks for nothing: `ping`, in, decoded, allowed, answered, out.

A closed loop: every connection has `--window` pings on their way, written in one piece, and sends the next when all are answered.
The reference is a bare protocol on the same event loop that answers as many frames with fixed bytes and decodes none.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.chart import Chart
from load.client import MASK, Client, Tally, open_all
from load.generator import Part, crew
from load.plain import PING, Plain, plain
from load.report import Report, Steps, conduct, options, wait
from load.sampling import sampling
from load.server import NO_PINGS, Server, serving
from load.world import build

from hubbub.codec.websocket_frames import masked_text_frame

PING_FRAME = masked_text_frame(PING, MASK)
PONG = ord("p")


@dataclass(frozen=True)
class Plan:
    """What one process of the generator does; `silent`: the reference asks for no handshake."""

    port: int
    silent: bool
    numbers: Sequence[int]
    windows: Sequence[int]


class Pinging(Client):
    """Sends a window of pings when the last one is answered."""

    __slots__ = ("_pings", "_silent", "_window", "outstanding")

    def __init__(self, tally: Tally, number: int, *, silent: bool) -> None:
        super().__init__(tally, number)
        self._silent = silent
        self._window = self.outstanding = 0
        self._pings = b""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as asyncio has it
        """The reference is open at once."""
        if self._silent:
            self.transport, self.opened = transport, None
        else:
            super().connection_made(transport)

    def begin(self, window: int) -> None:
        """So many at once; 0 ends it."""
        self._window, self._pings = window, PING_FRAME * window
        if window:
            self._send()

    def _send(self) -> None:
        self.outstanding = self._window
        self.transport.write(self._pings)

    def other(self, kind: int, first: int, payload: bytes) -> None:
        """A pong, or anything else."""
        if kind != PONG:
            super().other(kind, first, payload)
            return
        self.tally.sent += 1
        self.outstanding -= 1
        if not self.outstanding and self._window:
            self._send()


async def work(part: Part, plan: Plan) -> list[dict[str, Any]]:
    """One process: for each window, begin at a meeting and count between the next two."""
    tally = Tally()
    made = await open_all(
        lambda number: Pinging(tally, number, silent=plan.silent), plan.numbers, plan.port, part.progressed
    )
    clients = [client for client in made if isinstance(client, Pinging)]
    await part.meet()
    return [await _window(part, tally, clients, window) for window in plan.windows]


async def _window(part: Part, tally: Tally, clients: Sequence[Pinging], window: int) -> dict[str, Any]:
    for client in clients:
        client.begin(window)
    before = await part.meet()
    answered = tally.sent
    after = await part.meet()
    answered = tally.sent - answered
    for client in clients:
        client.begin(0)
    while any(client.outstanding for client in clients):  # noqa: ASYNC110 - over in a moment
        await asyncio.sleep(0.01)
    return {"answered": answered, "share": after.share_since(before), "errors": len(tally.errors)}


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--windows", type=int, nargs="+", default=[1, 4, 16, 64], help="pings in one piece")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    conduct(parser, run)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    build(data / "server", asked.connections, [])
    with serving(data / "server", NO_PINGS) as server, sampling(asked, server.pid, "inbound") as profile:
        measured = _measure(asked, server, progress, "server")
    with plain("echo") as echo:
        bare = _measure(asked, echo, progress, "reference")
    report = _report(asked, measured, bare)
    report.notes += profile
    return report


@dataclass
class Measured:
    """Of one window: requests answered, seconds of the wall and of the server's CPU, what the processes saw."""

    answered: int
    seconds: float
    cpu: float
    parts: list[dict[str, Any]]

    @property
    def micros(self) -> float:
        """CPU of a request."""
        return self.cpu / max(1, self.answered) * 1e6


def _measure(asked: argparse.Namespace, server: Server | Plain, progress: Steps, name: str) -> list[Measured]:
    plans = [Plan(server.port, isinstance(server, Plain), range(each, asked.connections, asked.processes), asked.windows)
             for each in range(asked.processes)]  # fmt: skip
    spent = []
    with crew(work, plans) as generator:
        generator.meet()
        for window in asked.windows:
            generator.meet()
            cpu, begun = server.cpu(), time.perf_counter()
            wait(asked.seconds, progress, f"{name}: {window} at once")
            generator.meet()
            spent.append((time.perf_counter() - begun, server.cpu() - cpu))
        seen = generator.results()
    return [
        Measured(sum(part[place]["answered"] for part in seen), seconds, cpu, [part[place] for part in seen])
        for place, (seconds, cpu) in enumerate(spent)
    ]


def _report(asked: argparse.Namespace, measured: Sequence[Measured], bare: Sequence[Measured]) -> Report:
    report = Report.of("inbound", asked)
    for window, ours, theirs in zip(asked.windows, measured, bare, strict=True):
        report.add(f"{window} at once: requests", ours.answered / ours.seconds, "/s")
        report.add(f"{window} at once: CPU of a request", ours.micros, "µs")
        report.add(f"{window} at once: reference", theirs.micros, "µs")
        report.add(f"{window} at once: ratio to the reference", ours.micros / theirs.micros)
        report.counts[f"{window} at once"] = {
            "answered": ours.answered,
            "errors": sum(part["errors"] for part in ours.parts),
        }
    report.generator([part["share"] for each in (*measured, *bare) for part in each.parts])
    lines = {
        name: [(window, each.micros) for window, each in zip(asked.windows, those, strict=True)]
        for name, those in (("server", measured), ("reference", bare))
    }
    report.chart = Chart("pings in one piece", "CPU of a request, µs", lines, logarithmic=True)
    report.notes.append(f"{asked.connections} connections; limits lifted")
    return report


if __name__ == "__main__":
    main()
