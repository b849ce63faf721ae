"""bench/million with two thousand connections: what it counts must be exact, and what it needs is said before it starts."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "bench" / "million.py"
PATIENCE_SECONDS = 120  # for a hung bench, not for a slow machine
CONNECTIONS, MEMBERS = 2_000, 10


def million(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(SCRIPT), "--json", *options]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)


def test_all_are_there_beat_hear_everything_and_come_back() -> None:
    done = million(
        *("--connections", str(CONNECTIONS), "--members", str(MEMBERS), "--heartbeat", "3"),
        *("--messages", "50", "--seconds", "1", "--every", "1"),
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    counts = record["counts"]

    assert counts["connected"] == counts["at the server"] == counts["at the end"] == CONNECTIONS, done.stderr
    assert counts["deliveries"] == counts["messages"] * MEMBERS > 0
    assert (counts["failed"], counts["lost"], counts["errors"], counts["wrong"]) == (0, 0, 0, 0), done.stderr
    assert counts["resumed"] > 0
    assert counts["heartbeats"] >= CONNECTIONS
    assert record["series"][-1]["connected"] == CONNECTIONS
    assert record["series"][-1].keys() == record["series"][0].keys()


def test_what_the_machine_does_not_allow_is_said_before_anything_starts() -> None:
    done = million("--connections", "1000000", "--files", "1000000000")

    assert done.returncode == 2
    assert "open files of a process" in done.stderr
    assert "ulimit -Hn 1000000000" in done.stderr
    assert done.stdout == ""
