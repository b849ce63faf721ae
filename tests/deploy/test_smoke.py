"""deploy/smoke.py against a real server, and against servers that are none."""

import subprocess
import sys

import pytest
from tests.deploy.places import DEPLOY

from tests.conftest import Servers


def smoke(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DEPLOY / "smoke.py", url], capture_output=True, text=True, check=False
    )


def test_a_server_that_works_passes_every_step(servers: Servers) -> None:
    done = smoke(servers.get({})[0].root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok"] * 7


def test_nobody_listens() -> None:
    done = smoke("http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED  two people sign up: ConnectError")


@pytest.mark.parametrize(
    ("settings", "step", "why"),
    [
        ({"HUBBUB_AUTH_SIGNUP_OPEN": "false"}, "two people sign up", "403 instead of 201"),
        ({"HUBBUB_LIMITS_CONTENT_CHARS": "5"}, "arrives over WebSocket", "400 instead of 201"),
    ],
)
def test_the_step_that_fails_is_named(
    settings: dict[str, str], step: str, why: str, servers: Servers
) -> None:
    done = smoke(servers.get(settings)[0].root)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("FAILED")
    assert step in last
    assert why in last
