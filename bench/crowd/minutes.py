"""The table of a long run: a row now and then, printed at once, and kept in the record before the next one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from load.chart import Chart
from load.server import Server, children, cpu_of

from crowd.board import percentile
from crowd.holders import Holders
from crowd.needs import available
from crowd.usage import Machine, kernel_bytes, proportional

MIB = 1 << 20
COLUMNS = {
    "seconds": "seconds", "connected": "connected", "connects/s": "connects/s", "available MiB": "avail. MiB",
    "kernel MiB": "kernel MiB", "server MiB": "server MiB", "clients MiB": "clients MiB", "server CPU %": "server %",
    "clients CPU %": "clients %", "machine CPU %": "machine %", "heartbeats/s": "heartb./s",
    "deliveries/s": "deliver./s", "p99 ms": "p99 ms", "failed": "failed", "lost": "lost",
}  # fmt: skip
"""Names in the record and heads of the table. CPU is in parts of one core, but for the machine's, which is of all."""


@dataclass(frozen=True)
class Look:
    """Everything read at one moment."""

    at: float
    totals: dict[str, int]
    delays: list[int]
    server_cpu: float
    holders_cpu: float
    machine: Machine

    def made_since(self, before: "Look") -> dict[str, int]:
        """What the counters rose by."""
        return {name: count - before.totals[name] for name, count in self.totals.items()}

    def delays_since(self, before: "Look") -> list[int]:
        """The delays that came in between, in buckets."""
        return [after - earlier for earlier, after in zip(before.delays, self.delays, strict=True)]


class Minutes:
    """`..._before`: memory before anybody came. `beside`: processes that count as the server's."""

    def __init__(self, server: Server, holders: Holders, out: TextIO, beside: Sequence[int] = ()) -> None:
        self.server = server
        self.holders = holders
        self._out = out
        self._workers = [server.pid, *children(server.pid), *beside]
        self._begun = time.monotonic()
        self.kernel_before = kernel_bytes()
        self.server_before = proportional(self._workers)
        self.clients_before = proportional(holders.pids)
        self._last = self.look()
        self.rows: list[dict[str, float]] = []

    def look(self) -> Look:
        """Read everything."""
        return Look(
            time.monotonic(),
            self.holders.totals(),
            self.holders.delays(),
            cpu_of(self._workers),
            cpu_of(self.holders.pids),
            Machine.now(),
        )

    def row(self) -> dict[str, float]:
        """What happened since the last row, and how things stand."""
        before, now = self._last, self.look()
        self._last = now
        seconds, made = now.at - before.at, now.made_since(before)
        busy, whole = now.machine.busy - before.machine.busy, now.machine.whole - before.machine.whole
        row = {
            "seconds": round(now.at - self._begun, 1),
            "connected": now.totals["open"],
            "connects/s": round(made["open"] / seconds),
            "available MiB": available() // MIB,
            "kernel MiB": kernel_bytes() // MIB,
            "server MiB": proportional(self._workers) // MIB,
            "clients MiB": proportional(self.holders.pids) // MIB,
            "server CPU %": round((now.server_cpu - before.server_cpu) / seconds * 100),
            "clients CPU %": round((now.holders_cpu - before.holders_cpu) / seconds * 100),
            "machine CPU %": round(busy / whole * 100) if whole else 0,
            "heartbeats/s": round(made["heartbeats"] / seconds),
            "deliveries/s": round(made["deliveries"] / seconds),
            "p99 ms": round(percentile(now.delays_since(before), 0.99) / 1000, 1),
            "failed": now.totals["failed"],
            "lost": now.totals["lost"],
        }
        self.rows.append(row)
        self._print(row)
        return row

    def chart(self) -> Chart:
        """Memory by how many are connected."""
        rising = [
            row
            for place, row in enumerate(self.rows)
            if all(row["connected"] > each["connected"] for each in self.rows[:place])
        ]
        lines = {
            name: [(row["connected"], row[name]) for row in rising]
            for name in ("server MiB", "kernel MiB", "clients MiB")
        }
        return Chart("connections", "MiB", lines)

    def _print(self, row: dict[str, float]) -> None:
        if len(self.rows) % 20 == 1:
            self._line(list(COLUMNS.values()))
        self._line([f"{row[name]:,g}" if abs(row[name]) < 1_000 else f"{row[name]:,.0f}" for name in COLUMNS])

    def _line(self, cells: Sequence[str]) -> None:
        print(" ".join(f"{cell:>10}" for cell in cells), file=self._out, flush=True)
