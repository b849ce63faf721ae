"""A real server for tests: on a free loopback port, its data in a temporary folder, stopped by its process id.

`SERVICES` in fixtures.py lists them all. What Debian's servers refuse to do as root is done as the user that Debian's package
made for them.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from signal import Signals
from typing import NoReturn

import pytest

WITHIN = 60.0  # seconds for a server to answer on a busy machine
EVERY = 0.05


def missing(what: str) -> NoReturn:
    """What this machine lacks is a skip for a developer and a failure in CI."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is missing: run `make services` as root")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def find_program(name: str, *folders: str) -> str:
    """The path of a program, also where Debian hides it; skips or fails without it."""
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin"]))
    return found or missing(name)


class Service(ABC):
    """`account`: whom it runs as where root starts it. After `start`, `port` is where it listens.

    `orderly` and `crash` are the signals that end it so; a crash leaves no process and no open socket behind.
    """

    account: str
    orderly: Signals = Signals.SIGTERM
    crash: Signals = Signals.SIGKILL

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hubbub-service-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._own(self.folder)
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Make its data folder, once."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments, in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes requests."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self._as()
            )
        await_true(self.answers, lambda: (self.folder / "log").read_text(errors="replace"))

    def send(self, number: Signals) -> None:
        """Send a signal to its process."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self, number: Signals | None = None) -> None:
        """Stop it in order, or with a signal, and wait until it is gone. Its data stays."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number or self.orderly)
            process.wait(WITHIN)

    def discard(self) -> None:
        """Stop it and delete its data."""
        self.stop(self.crash)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str) -> str:
        """Run one of its tools to its end; gives what it printed."""
        done = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            **self._as(),
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def _as(self) -> dict[str, str]:
        return {} if os.geteuid() else {"user": self.account, "group": self.account}

    def _own(self, folder: Path) -> None:
        if os.geteuid() == 0:
            try:
                user = pwd.getpwnam(self.account)
            except KeyError:
                missing(self.account)
            os.chown(folder, user.pw_uid, user.pw_gid)


def await_true(true: Callable[[], bool], why: Callable[[], str]) -> None:
    """Wait until something is so, a minute at most; `why` explains if it is not."""
    deadline = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < deadline, why()
        time.sleep(EVERY)
