"""The shortest drill, as an operator runs it. The others: `make drill`; what they found lies in docs/drills."""

import subprocess
from pathlib import Path

from hubbub.operate.cluster.server import PROGRAM
from hubbub.operate.cluster.service import find_program

PATIENCE = 120.0


def test_a_node_is_killed_and_the_report_says_what_was_seen(tmp_path: Path) -> None:
    find_program("redis-server")
    done = subprocess.run(
        [PROGRAM, "drill", "node-kill", "--seconds", "1", "--clients", "6", "--report", tmp_path / "found"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = (tmp_path / "found" / "report.md").read_text()
    assert "| A node is killed | passed |" in told
    assert "lost 0, twice 0, out of order 0, holes 0; broken promises in all 0 | yes |" in told
    assert "kill -9 of node0" in told
    page = (tmp_path / "found" / "report.html").read_text()
    assert '<td class="passed">passed</td>' in page
    assert "http" not in page, "it needs nothing else"
