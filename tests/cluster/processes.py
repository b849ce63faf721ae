"""The processes of one server."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from hubbub.operate.cluster.server import Server


def workers_of(server: Server) -> list[int]:
    """The process ids of a server's workers."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return [int(each) for each in children.split()]


def has_ended(process: int) -> bool:
    """Whether nothing of it is left but what its parent has not asked for yet."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def kill_all(server: Server) -> None:
    """SIGKILL for the supervisor and every worker: the machine is gone."""
    for each in (server.pid, *workers_of(server)):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
