"""A collector of OpenTelemetry that is not ours: Rotel (Rust, from PyPI), which takes OTLP and passes it on."""

import socket
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from hubbub.operate.cluster.ports import free_port
from hubbub.operate.cluster.service import MissingError, Service


class Rotel(Service):
    """Takes traces by HTTP at `endpoint`, and passes them on to `there`, a URL without its path, in batches of 50 ms."""

    account = "daemon"

    def __init__(self, there: str) -> None:
        self._there = there
        super().__init__()
        self.endpoint = f"http://127.0.0.1:{self.port}/v1/traces"

    def prepare(self) -> None:
        found = find_spec("rotel")
        if found is None or found.origin is None:
            raise MissingError("rotel")
        self._program = str(Path(found.origin).with_name("rotel-agent"))

    def command(self) -> Sequence[str]:
        taken = (
            "--otlp-http-endpoint",
            f"127.0.0.1:{self.port}",
            "--otlp-grpc-endpoint",
            f"127.0.0.1:{free_port()}",
        )
        given = (
            "--exporter",
            "otlp",
            "--otlp-exporter-protocol",
            "http",
            "--otlp-exporter-endpoint",
            self._there,
        )
        own = ("--batch-timeout", "50ms", "--pid-file", str(self.folder / "pid"))
        return [self._program, "start", *taken, *given, *own]

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
