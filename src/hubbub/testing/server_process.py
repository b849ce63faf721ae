"""A real `hubbub serve` in a process of its own, on free ports, with its own data folder."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

from hubbub.operate.cluster.ports import free_port

CHEAP = {
    "HUBBUB_LOG_FORMAT": "json",
    "HUBBUB_AUTH_ARGON2_MEMORY_KIB": "8",
    "HUBBUB_AUTH_ARGON2_TIME": "1",
    "HUBBUB_LIMITS_SIGNUPS_PER_ADDRESS": "0",
}
PATIENCE = 60.0  # seconds: a hung server fails the test instead of hanging it


class ServerProcess:
    """`settings` are environment variables, and under `toml` the text of a settings file. `http`, `websocket` and `tcp` are where it is; `internal`, after `start`."""

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self.data = data
        self.settings = dict(CHEAP) | dict(settings)
        (data / "hubbub.toml").write_text(self.settings.pop("toml", ""))
        self.log: list[str] = []
        self.port = free_port()
        self.tcp_port = free_port()
        self.internal = ""
        self._process: subprocess.Popen[str] | None = None
        self._reading = Thread()

    @property
    def http(self) -> str:
        """The root of the HTTP API."""
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def root(self) -> str:
        """The public port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        """Where WebSockets open."""
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def tcp(self) -> str:
        """Where framed TCP opens: host:port."""
        return f"127.0.0.1:{self.tcp_port}"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        url = self.settings.get("HUBBUB_DATABASE_URL", "")
        return Path(url.removeprefix("sqlite:///")) if url else self.data / "hubbub.db"

    @property
    def pid(self) -> int:
        """The process, which must be running."""
        return self._running().pid

    def start(self) -> None:
        """Start, always on the same ports, and wait until it serves."""
        program = str(Path(sys.executable).with_name("hubbub"))
        ports = ["--port", str(self.port), "--internal-port", "0", "--tcp-port", str(self.tcp_port)]
        outer = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [program, "serve", "--data", str(self.data), *ports],
            env=outer | self.settings,
            cwd=self.data,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._await_serving()

    def _await_serving(self) -> None:
        stderr = self._running().stderr
        for line in stderr or ():
            self.log.append(line)
            said = json.loads(line) if line.startswith("{") else {}
            if said.get("message") == "serving":
                self.internal = said["internal"]
                self._reading = Thread(target=self.log.extend, args=(stderr,), daemon=True)
                self._reading.start()
                return
        message = "the server did not start:\n" + "".join(self.log)
        raise RuntimeError(message)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            message = "the server is not running"
            raise RuntimeError(message)
        return self._process

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._running().send_signal(number)

    def wait(self) -> int:
        """The exit status, once it ended and its log was read."""
        process, self._process = self._running(), None
        try:
            status = process.wait(PATIENCE)
            self._reading.join(PATIENCE)
            return status  # noqa: TRY300 - an `else` would say no more
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def crash(self) -> None:
        """SIGKILL: nothing is written, nobody is told."""
        self.signal(signal.SIGKILL)
        self.wait()

    @property
    def running(self) -> bool:
        """Whether it was started and not yet waited for."""
        return self._process is not None
