"""A node as a process of its own: started, killed, stopped, looked at from outside."""

import asyncio
import json
import os
import resource
import signal
import sys
import urllib.error
import urllib.request
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hubbub.operate.cluster.ports import LOOPBACK, free_port
from hubbub.operate.cluster.service import ProgramFailedError
from hubbub.operate.proof.stored_log import ReadRows
from hubbub.runtime.spawn import Tasks

PROGRAM = Path(sys.executable).with_name("hubbub")
WITHIN = 60.0  # seconds until a condition that must come; a test fails beyond, it never passes by it
EVERY = 0.02
UNLIMITED = {
    "HUBBUB_AUTH_ARGON2_MEMORY_KIB": "8",
    "HUBBUB_AUTH_ARGON2_TIME": "1",
    "HUBBUB_LIMITS_SIGNUPS_PER_ADDRESS": "0",
    "HUBBUB_LIMITS_SEND_PER_SECOND": "0",
    "HUBBUB_LIMITS_SEND_BURST": "0",
    "HUBBUB_LIMITS_REQUESTS_PER_SECOND": "0",
    "HUBBUB_LIMITS_BEFRIEND_PER_HOUR": "0",
    "HUBBUB_LIMITS_CREATE_ROOM_PER_HOUR": "0",
    "HUBBUB_LIMITS_CONNECTIONS_PER_ADDRESS": "0",
    "HUBBUB_LOG_FORMAT": "json",
}


async def until(condition: Callable[[], Any], what: str, within: float = WITHIN) -> Any:  # noqa: ANN401
    """Wait for a true value of `condition` and give it. Raises AssertionError naming `what` never came."""
    try:
        async with asyncio.timeout(within):
            while not (value := condition()):  # noqa: ASYNC110 - another process has no event to wait for
                await asyncio.sleep(EVERY)
            return value
    except TimeoutError:
        raise AssertionError(f"never came: {what}") from None


class Server:
    """One data folder, two fixed ports, and the process that serves them while there is one.

    It listens on `host`, and is started by `prefix`, a command that runs another one.
    """

    def __init__(
        self, data: Path, settings: Mapping[str, str] = {}, host: str = LOOPBACK, prefix: Sequence[str] = ()
    ) -> None:
        self.data = data
        self.host = host
        self.prefix = prefix
        self.port = free_port()
        self.internal_port = free_port()
        self.settings = {**UNLIMITED, **settings}
        self.read: ReadRows  # the tables of its store, set by whoever chose that
        self.process: Process | None = None
        self.former_log: list[str] = []
        self._log: list[str] = []
        self._tasks = Tasks()
        self._reader: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def internal(self) -> str:
        """The root of its internal pages."""
        return f"http://{self.host}:{self.internal_port}"

    @property
    def pid(self) -> int:
        return self._running().pid

    def _running(self) -> Process:
        if self.process is None:
            raise RuntimeError("the server was never started")
        return self.process

    async def begin(self) -> None:
        """Start the process and do not wait."""
        self.former_log += self._log
        self._log = []
        self.process = await asyncio.create_subprocess_exec(
            *self.prefix,
            *(PROGRAM, "serve", "--data", str(self.data), "--host", self.host, "--port", str(self.port)),
            *("--internal-host", self.host, "--internal-port", str(self.internal_port)),
            env={**clean_environment(), **self.settings},
            cwd=self.data.parent,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        if self.process.stderr is not None:
            self._reader = self._tasks.spawn(self._read(self.process.stderr, self._log), "log of the server")

    @staticmethod
    async def _read(stderr: asyncio.StreamReader, log: list[str]) -> None:
        async for line in stderr:
            log.append(line.decode().rstrip())  # noqa: PERF401 - read while it grows

    def limit_files(self, most: int) -> None:
        """No file of the running process may be written beyond `most` bytes: EFBIG, as a quota does it."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    async def start(self, within: float = WITHIN) -> None:
        """Start, and wait until it serves."""
        await self.begin()
        await until(lambda: self.lines("serving") or self.is_dead, "serving", within)
        if self.is_dead:
            raise ProgramFailedError(f"the server did not start:\n{self.log()}")

    @property
    def is_dead(self) -> bool:
        return self.process is None or self.process.returncode is not None

    async def kill(self) -> None:
        """SIGKILL: no last words."""
        await self.signal(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; gives the exit status."""
        return await self.signal(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send a signal and go on."""
        self._running().send_signal(number)

    async def signal(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; gives the exit status."""
        if not self.is_dead:
            self._running().send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end and the last line; gives the exit status."""
        async with asyncio.timeout(WITHIN):
            status = await self._running().wait()
            if self._reader is not None:
                await self._reader
        return status

    def log(self) -> str:
        """What this process (not its forerunners) wrote to standard error."""
        return "\n".join(self._log)

    def lines(self, text: str) -> list[str]:
        """Its log lines whose message contains `text`."""
        return [line for line in self._log if text in _message_of(line)]

    async def readiness(self) -> tuple[int, list[str]]:
        """The status of /readyz, and its reasons."""
        status, body = await get_json(f"{self.internal}/readyz")
        return status, body["reasons"]

    def resident_bytes(self) -> int:
        """RSS."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


def clean_environment() -> dict[str, str]:
    """This process's, without the settings of another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}


def _message_of(line: str) -> str:
    try:
        return str(json.loads(line).get("message", ""))
    except (json.JSONDecodeError, AttributeError):
        return line


async def get_json(url: str) -> tuple[int, Any]:
    """Status and body of a GET."""
    return await asyncio.to_thread(_call, urllib.request.Request(url))  # noqa: S310 - our own servers


async def get_text(url: str) -> str:
    """Body of a GET."""

    def get() -> str:
        with urllib.request.urlopen(url, timeout=WITHIN) as answer:  # noqa: S310
            text: str = answer.read().decode()
            return text

    return await asyncio.to_thread(get)


async def post_json(url: str, body: object) -> tuple[int, Any]:
    """Status and body of a POST."""
    head = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), head)  # noqa: S310
    return await asyncio.to_thread(_call, request)


def _call(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=WITHIN) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


async def sign_up(server: Server, user: str) -> str:
    """A new account's access token."""
    status, body = await post_json(
        f"{server.url}/api/v1/accounts", {"user": user, "password": f"{user} knows"}
    )
    if status != 201:
        raise ProgramFailedError(f"{user} was not signed up: {status} {body}")
    token: str = body["token"]
    return token
