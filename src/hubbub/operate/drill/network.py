"""Zones: groups of nodes that are lost together. As root, on Linux with iproute2, each is a network namespace of its own.

The drill then moves into a network of its own first, so that nothing of it can be reached from the machine's network, and all
of it is gone with its processes. Elsewhere a zone is a group of processes, which stand still while it is cut off.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from hubbub.operate.cluster.ports import LOOPBACK
from hubbub.operate.cluster.server import Server
from hubbub.operate.cluster.service import await_true

NEW_NETWORK = 0x4000_0000  # CLONE_NEWNET, unshare(2)
SERVICES = "10.213.0.1"  # where the database and Redis are, which belong to no zone
TOOLS = ("ip", "unshare", "nsenter", "setpriv")


class Zone(ABC):
    """`host`: what its nodes listen on; `prefix`: the command that starts a program inside; `nodes`: who is in it."""

    kind: str
    host: str = LOOPBACK
    prefix: Sequence[str] = ()

    def __init__(self, number: int) -> None:
        self.name = f"zone{number}"
        self.nodes: list[Server] = []

    @abstractmethod
    def cut(self) -> None:
        """Nothing comes in or goes out, and nobody is told; its nodes go on."""

    @abstractmethod
    def mend(self) -> None:
        """As before."""

    @abstractmethod
    def close(self) -> None:
        """Gone."""


def enter_own_network() -> bool:
    """Move this process, which must have one thread yet, into a network of its own; False where it may not."""
    if os.geteuid() or not all(map(shutil.which, TOOLS)) or ctypes.CDLL(None).unshare(NEW_NETWORK):
        return False
    ip("link", "set", "lo", "up")
    ip("address", "add", f"{SERVICES}/32", "dev", "lo")
    return True


def ip(*words: str, inside: Sequence[str] = ()) -> None:
    """Run iproute2's program."""
    subprocess.run([*inside, "ip", *words], check=True, capture_output=True)  # noqa: S603 - our own words


class NetworkZone(Zone):
    """A network namespace with one cable to the drill's."""

    kind = "network namespace"

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.host = f"10.213.{number}.2"
        gateway = f"10.213.{number}.1"
        holder = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"]
        self._holder = subprocess.Popen(holder)  # noqa: S603
        place = Path(f"/proc/{self._holder.pid}/ns/net")
        own = Path("/proc/self/ns/net").readlink()
        await_true(lambda: place.readlink() != own, lambda: f"{self.name} never came to be")
        self.prefix = ("nsenter", f"--net={place}", "--")
        ip("link", "add", self.name, "type", "veth", "peer", "name", "uplink", "netns", str(self._holder.pid))
        ip("address", "add", f"{gateway}/30", "dev", self.name)
        ip("link", "set", self.name, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("address", "add", f"{self.host}/30", "dev", "uplink"),
            ("link", "set", "uplink", "up"),
            ("route", "add", "default", "via", gateway),
        ):
            ip(*words, inside=self.prefix)

    def cut(self) -> None:
        """Pull the cable."""
        ip("link", "set", self.name, "down")

    def mend(self) -> None:
        """Plug it in again."""
        ip("link", "set", self.name, "up")

    def close(self) -> None:
        """The namespace goes with its last process."""
        self._holder.kill()
        self._holder.wait()


class ProcessZone(Zone):
    """A group of processes."""

    kind = "group of processes"

    def cut(self) -> None:
        """They stand still: connections stay, and nobody answers."""
        for node in self.nodes:
            os.kill(node.pid, signal.SIGSTOP)

    def mend(self) -> None:
        """They go on."""
        for node in self.nodes:
            os.kill(node.pid, signal.SIGCONT)

    def close(self) -> None:
        """Nothing is left."""


def now() -> float:
    """Seconds, for differences."""
    return time.monotonic()
