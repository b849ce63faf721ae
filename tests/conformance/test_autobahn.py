"""The Autobahn WebSocket cases of groups 1 to 7 and 10, run against the echo application (`make conformance`: 9)."""

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parent / "autobahn" / "run.py"
CASES_IN_GROUPS_1_TO_7_AND_10 = 247
NON_STRICT: dict[str, str] = {}
"""Case to the reason why its NON-STRICT behaviour is ours. Empty: the server does what every case asks for."""


def test_every_case_is_ok_or_informational() -> None:
    command = [sys.executable, str(RUN), "--json"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    outcomes = {(outcome := json.loads(line))["case"]: outcome for line in done.stdout.splitlines()}

    assert len(outcomes) == CASES_IN_GROUPS_1_TO_7_AND_10
    wanting = {
        case: outcome
        for case, outcome in outcomes.items()
        if outcome["verdict"] not in ("OK", "INFORMATIONAL")
        and not (outcome["verdict"] == "NON-STRICT" and case in NON_STRICT)
    }
    assert wanting == {}
