"""Every drill: its name, what it is, and what this machine must have for it."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from hubbub.operate.cluster.postgres import BINARIES
from hubbub.operate.cluster.service import MissingError, find_program
from hubbub.operate.drill.scene import Scene
from hubbub.operate.drill.troubles import (
    certificate_expiry,
    clock_skew,
    database_failover,
    features_let_go,
    node_kill,
    redis_loss,
    slow_disk,
    traffic_spike,
    zone_loss,
)

ALWAYS = ("postgres", "pg_basebackup", "redis-server")


@dataclass(frozen=True)
class Drill:
    """`programs`: beyond what all need; `lacks` says what else is missing, or nothing."""

    title: str
    run: Callable[[Scene], Awaitable[None]]
    programs: Sequence[str] = ()
    lacks: Callable[[], str] = str

    def missing(self) -> str:
        """Why it cannot be run here, in one line; empty if it can."""
        for name in (*ALWAYS, *self.programs):
            try:
                find_program(name, BINARIES)
            except MissingError:
                return f"{name} is not installed"
        return self.lacks()


def _needs_root() -> str:
    return "only root may hold up other users' processes" if os.geteuid() else ""


def _needs_faketime() -> str:
    return "" if clock_skew.library() else "libfaketime is not installed (Debian: faketime)"


DRILLS: Mapping[str, Drill] = {
    "node-kill": Drill("A node is killed", node_kill.run),
    "zone-loss": Drill("A zone is cut off", zone_loss.run),
    "database-failover": Drill("The database fails over to a copy that was behind", database_failover.run),
    "redis-loss": Drill("Redis is lost", redis_loss.run),
    "slow-disk": Drill("The database's disk is slow", slow_disk.run, ("strace",), _needs_root),
    "clock-skew": Drill("A node's clock is wrong", clock_skew.run, (), _needs_faketime),
    "certificate-expiry": Drill("The certificate of framed TCP expires", certificate_expiry.run),
    "traffic-spike": Drill("Many come at once", traffic_spike.run),
    "features-let-go": Drill("A node lets features go under load", features_let_go.run),
}
