"""k6 and wrk against a real server for a moment: nothing may fail, and what is slower than allowed fails the run."""

import json
import subprocess
import sys
from pathlib import Path

from hubbub.operate.cluster.service import find_program

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


def test_nothing_fails_and_a_crossed_threshold_fails_the_run() -> None:
    find_program("wrk")
    options = ("--peak", "8", "--members", "4", "--stage", "0.4", "--p99", "0")
    command = [sys.executable, str(ROOT / "bench" / "crosscheck.py"), "--json", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 1, done.stderr
    record = json.loads(done.stdout)

    assert {name: each["met"] for name, each in record["goals"].items() if name.endswith("failed")} == {
        "k6: failed": True,
        **{f"wrk, {connections} connections: failed": True for connections in (2, 4, 8)},
    }
    assert not record["goals"]["k6: delivered after, p99"]["met"]
    assert record["counts"]["k6"]["delivered"]["count"] == record["counts"]["k6"]["acknowledged"]["count"] > 0
    assert record["counts"]["wrk, 8 connections"]["requests"] > 0
