"""The figures of README.md and docs/performance.md, from the records in bench/records and from nothing else.

Without options the README's table is printed. `--write` puts the figures between the markers `<!-- name -->` and
`<!-- /name -->` of both pages; `--check` fails where a page says something else.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "bench" / "records"
README, PERFORMANCE = ROOT / "README.md", ROOT / "docs" / "performance.md"
DATED = re.compile(r"-\d{4}-\d\d-\d\d$")
Record = Mapping[str, Any]
Records = Mapping[str, Record]


class Row(NamedTuple):
    """A line of the README's table: of which record, what was measured, and how it is said.

    `said` names lines of the record and its parameters in braces, with the formats of str.format.
    """

    record: str
    what: str
    said: str


PROOF = (
    Row("ingest", "durable, acknowledged messages a second: {connections:,} connections, {rooms} rooms, one process, SQLite flushing at every commit",
        "{durable, acknowledged messages:,.0f}/s; acknowledged after {acknowledged after, p50:.0f} ms (p50), {acknowledged after, p99:.0f} ms (p99)"),
    Row("fanout", "CPU of a delivery in a room of {connections:,}, against `send()` in a loop in C",
        "{ratio to the floor, 1 message a flush:.2f} × at one message a flush; {cheaper per delivery, 8 a flush:.1f} times cheaper a delivery when 8 wait"),
    Row("idle", "memory of an idle, authenticated connection in {rooms} rooms, at {connections:,} connections",
        "{RSS per idle connection:,.0f} bytes (a connection that does nothing at all: {reference: connections that do nothing:,.0f})"),
    Row("connect", "authenticated connects a second that one core of the server takes",
        "{cold: connects a second of one core:,.0f}/s; {warm: connects a second of one core:,.0f}/s where the rooms are in memory"),
    Row("storm", "the server is killed under {connections:,} clients: until all are back and have what they missed",
        "{killed: all are resumed after:.1f} s; database reads for their tokens: {killed: database reads for tokens:.0f}"),
    Row("latency", "a message until it is delivered, counted from when it was due: {rate:,.0f} messages a second to {members} people each",
        "{server: delivered after, p50:.1f} ms (p50), {server: delivered after, p99:.1f} ms (p99)"),
    Row("flat", "CPU where there is more of everything: a message with its ten deliveries · a delivery in a large room · a ping, as a ratio",
        "15,000 connections in place of 1,000: {15,000 connections, 100 rooms: CPU of a message and its 10 deliveries, ratio:.2f} · "
        "{15,000 connections, 100 rooms: CPU of a delivery in a room of 500, ratio:.2f} · {15,000 connections, 100 rooms: CPU of a ping, ratio:.2f}; "
        "100,000 rooms in place of 100: {1,000 connections, 100,000 rooms: CPU of a message and its 10 deliveries, ratio:.2f} · "
        "{1,000 connections, 100,000 rooms: CPU of a delivery in a room of 500, ratio:.2f} · {1,000 connections, 100,000 rooms: CPU of a ping, ratio:.2f}"),
    Row("million", "connections on one machine, both ends on it: authenticated, in rooms, with heartbeats, resumable",
        "{connections:,.0f}; {server memory of a connection, rooms and bus included:,.0f} bytes of the server each, "
        "{kernel memory of a connection, both ends:,.0f} of the kernel for both ends"),
)  # fmt: skip
"""In the order of the table. Of records that differ in their label (`million-0100000`) the largest counts that met its goals."""


def newest(folder: Path) -> Records:
    """The latest record of every name and label; `file` is the name of its file."""
    found: dict[str, Record] = {}
    for path in sorted(folder.glob("*.json")):
        found[DATED.sub("", path.stem)] = json.loads(path.read_text()) | {"file": path.stem}
    return found


def the(records: Records, name: str) -> tuple[str, Record] | None:
    """The record of a bench, under its name; of several labels the largest whose goals were met, if there is one."""
    names = [
        each
        for each, record in records.items()
        if record["measured"] and (each == name or each.startswith(f"{name}-"))
    ]
    met = [each for each in names if all(goal["met"] for goal in records[each]["goals"].values())]
    chosen = max(met or names, default=None)
    return None if chosen is None else (chosen, records[chosen])


def command(record: Record) -> str:
    """What to type to repeat it; records made before that was kept had no options."""
    name = record["name"]
    return f".venv/bin/python {record.get('command') or f'bench/{name}.py'}"


def said(template: str, record: Record) -> str:
    """The template with the record's figures. Raises KeyError for what the record does not have."""

    def figure(match: re.Match[str]) -> str:
        name, _, form = match[1].rpartition(":") if match[1] not in figures else (match[1], "", "")
        return format(figures[name or form], form if name else "")

    figures = {**record["parameters"], **record["measured"]}
    return re.sub(r"\{([^}]+)\}", figure, template)


def proof(records: Records) -> list[str]:
    """The README's table."""
    lines = ["| what | measured | on | command |", "|---|---|---|---|"]
    for row in PROOF:
        found = the(records, row.record)
        if found is not None:
            record = found[1]
            what, figures = said(row.what, record), said(row.said, record)
            lines.append(f"| {what} | {figures} | {record['at'][:10]} | `{command(record)}` |")
    return lines


# ── docs/performance.md ─────────────────────────────────────────────────────────────────────────────────────────────


class Cost(NamedTuple):
    """A line of the cost model, of the newest record that has that line; a million users do it `per_second` times."""

    what: str
    record: str
    line: str
    per_second: float = 0.0


COSTS = (
    Cost("a connection: memory of the server, in ten rooms", "idle", "RSS per idle connection"),
    Cost("a connection: memory of the kernel, both ends", "million", "kernel memory of a connection, both ends"),
    Cost("a connect with its hello: CPU", "million", "server CPU of a connect", 1e6 / 3_600),
    Cost("a heartbeat: CPU, with the idle work of all workers", "million", "server CPU of a heartbeat, idle work included", 1e6 / 30),
    Cost("a message, durable, and its ten deliveries: CPU", "ingest", "server CPU per message", 2_000),
    Cost("a delivery, one a write: CPU", "fanout", "server, 1 message: CPU", 100_000),
    Cost("a delivery, eight a write: CPU", "fanout", "server, 8 joined: CPU"),
)  # fmt: skip
USERS = 1e6


def model(records: Records) -> list[str]:
    """What one of everything costs, and a million users, as docs/performance.md describes them."""
    lines = ["| what | cost | a million users | from |", "|---|--:|--:|---|"]
    cores = memory = 0.0
    for cost in COSTS:
        found = the(records, cost.record)
        if found is None or cost.line not in found[1]["measured"]:
            continue
        each, bytes_ = found[1]["measured"][cost.line], found[1]["units"][cost.line] == "bytes"
        whole = each * USERS / 2**30 if bytes_ else each * cost.per_second / 1e6
        memory, cores = memory + whole * bytes_, cores + whole * (not bytes_)
        unit = "bytes" if bytes_ else "µs"
        total = f"{whole:.1f} GiB" if bytes_ else f"{whole:.2f} cores" if cost.per_second else ""
        lines.append(f"| {cost.what} | {shown(each)} {unit} | {total} | `{found[0]}` |")
    return [*lines, f"| together | | {memory:.1f} GiB, {cores:.1f} cores | |"]


def results(records: Records) -> list[str]:
    """Every line of every newest record, with its goal."""
    lines: list[str] = []
    for stem, record in sorted(records.items()):
        if len(lines) > 0:
            lines.append("")
        where = f"on {record['at'][:10]}, commit {record['commit']}, {machine(record)}."
        lines += [
            f"### {stem}",
            "",
            f"`{command(record)}` {where}",
            "",
            "| | measured | | goal |",
            "|---|--:|---|---|",
        ]
        lines += [result(name, value, record) for name, value in record["measured"].items()]
        if (RECORDS / f"{record['file']}.png").exists():
            lines += ["", f"![{stem}, drawn](../bench/records/{record['file']}.png)"]
        if any(record.get("notes", ())):
            lines += ["", *(f"- {note}" for note in record["notes"] if "{" not in note)]
    return lines


def result(name: str, value: float, record: Record) -> str:
    """One line: the figure, its unit, and whether the goal was met."""
    goal = record["goals"].get(name)
    verdict = f"{goal['goal']}{'' if goal['met'] else ': missed'}" if goal else ""
    return f"| {name} | {shown(value)} | {record['units'].get(name, '')} | {verdict} |"


def shown(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine(record: Record) -> str:
    """Where it was measured."""
    here = record["machine"]
    return f"{here['cores']} cores ({here['cpu']}), {here['memory_gib']} GiB, Python {here['python']}"


def minutes(records: Records) -> list[str]:
    """The largest run of bench/million, row by row, also if it broke off."""
    runs = [stem for stem in records if stem.startswith("million-")]
    if not runs:
        return ["No run of it is recorded."]
    rows = records[max(runs)]["series"]
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + "--:|" * len(heads)]
    return lines + ["| " + " | ".join(shown(row[head]) for head in heads) + " |" for row in rows]


COMPARED = {
    "deliveries": "deliveries/s", "delivered after, p50": "p50 ms", "delivered after, p99": "p99 ms",
    "server CPU of a delivery": "CPU of a delivery, µs", "memory of the server": "memory, MiB",
}  # fmt: skip
"""Lines of bench/against, as the heads of its table."""


def peers(records: Records) -> list[str]:
    """The servers of bench/against beside each other."""
    found = the(records, "against")
    if found is None:
        return ["No run of it is recorded."]
    measured = found[1]["measured"]
    lines = [f"| | {' | '.join(COMPARED.values())} |", "|---" + "|--:" * len(COMPARED) + "|"]
    for server in (line.removesuffix(": deliveries") for line in measured if line.endswith(": deliveries")):
        figures = (shown(measured[f"{server}: {what}"]) for what in COMPARED)
        lines.append(f"| {server} | {' | '.join(figures)} |")
    return lines


BLOCKS: Mapping[Path, Mapping[str, Callable[[Records], list[str]]]] = {
    README: {"proof": proof},
    PERFORMANCE: {"model": model, "results": results, "minutes": minutes, "peers": peers},
}


def filled(page: str, blocks: Mapping[str, Callable[[Records], list[str]]], records: Records) -> str:
    """The page with what is between its markers made anew. Raises ValueError if a marker is missing."""
    for name, made in blocks.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = page.partition(opening)
        _, closed, after = rest.partition(closing)
        if not (found and closed):
            raise ValueError(f"there is no place for {name!r} between {opening.strip()} and {closing}")
        page = before + opening + "\n".join(made(records)) + "\n" + closing + after
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the figures into the pages")
    parser.add_argument(
        "--check", action="store_true", help="fail where a page does not say what the records say"
    )
    asked = parser.parse_args()
    records = newest(RECORDS)
    if not (asked.write or asked.check):
        print("\n".join(proof(records)))
    for page, blocks in BLOCKS.items():
        text = page.read_text()
        made = filled(text, blocks, records)
        if asked.write:
            page.write_text(made)
        elif asked.check and made != text:
            sys.exit(
                f"{page.name} does not say what bench/records says: `.venv/bin/python bench/report.py --write`"
            )


if __name__ == "__main__":
    main()
