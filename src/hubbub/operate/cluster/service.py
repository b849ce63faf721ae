"""A real server for a cluster of one's own: on a free loopback port, its data in a temporary folder, stopped by its process id.

What Debian's servers refuse to do as root is done as the user that Debian's package made for them.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from signal import Signals
from typing import Any, TypeVar

from hubbub.operate.cluster.ports import LOOPBACK, free_port

S = TypeVar("S", bound="Service")

WITHIN = 60.0  # seconds for a server to answer on a busy machine
EVERY = 0.05


class MissingError(Exception):
    """This machine lacks a program, or the user it runs as; the message is its name."""


class ProgramFailedError(Exception):
    """A program did not do what it was started for; the message has what it said."""


def find_program(name: str, *folders: str) -> str:
    """The path of a program, also where Debian hides it. Raises MissingError."""
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise MissingError(name)
    return found


class Service(ABC):
    """`account`: whom it runs as where root starts it. After `start`, `port` is where it listens.

    `orderly` and `crash` are the signals that end it so; a crash leaves no process and no open socket behind. It listens on
    `host`: one other than the loopback takes whoever comes, so that is for networks nobody else is in.
    """

    account: str
    orderly: Signals = Signals.SIGTERM
    crash: Signals = Signals.SIGKILL

    def __init__(self, host: str = LOOPBACK) -> None:
        self.host = host
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
            self._process = subprocess.Popen(  # noqa: S603 - what `command` says
                self.command(), stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self._as()
            )
        await_true(self.answers, lambda: (self.folder / "log").read_text(errors="replace"))

    @property
    def pid(self) -> int:
        """The process, which must be running."""
        if self._process is None:
            raise ProgramFailedError(f"{type(self).__name__} does not run")
        return self._process.pid

    def send(self, number: Signals) -> None:
        """Send a signal to its process."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self, number: Signals | None = None) -> None:
        """Stop it in order, or with a signal, and wait until it is gone. Its data stays."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number or self.orderly)
            try:
                process.wait(WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise ProgramFailedError(
                    f"{self.command()[0]} did not end by its signal, and was killed"
                ) from None

    def discard(self) -> None:
        """Stop it, whatever that takes, and delete its data."""
        with contextlib.suppress(ProgramFailedError):
            self.stop(self.crash)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str) -> str:
        """Run one of its tools to its end; gives what it printed."""
        done = subprocess.run(  # noqa: S603 - our own tools
            command,
            check=False,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            **self._as(),
        )
        if done.returncode:
            raise ProgramFailedError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return str(done.stdout)

    def _as(self) -> dict[str, Any]:
        return {} if os.geteuid() else {"user": self.account, "group": self.account}

    def _own(self, folder: Path) -> None:
        if os.geteuid() == 0:
            try:
                user = pwd.getpwnam(self.account)
            except KeyError:
                raise MissingError(self.account) from None
            os.chown(folder, user.pw_uid, user.pw_gid)


@contextlib.contextmanager
def running(service: S) -> Iterator[S]:
    """The service, started, and discarded in the end."""
    try:
        service.start()
        yield service
    finally:
        service.discard()


def await_true(true: Callable[[], bool], why: Callable[[], str]) -> None:
    """Wait until something is so, a minute at most; `why` explains if it is not."""
    deadline = time.monotonic() + WITHIN
    while not true():
        if time.monotonic() > deadline:
            raise ProgramFailedError(why())
        time.sleep(EVERY)
