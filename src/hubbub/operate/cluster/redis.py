"""Redis, keeping nothing on disk: what the nodes need of it they can do without."""

from collections.abc import Sequence

from hubbub.operate.cluster.ports import LOOPBACK
from hubbub.operate.cluster.service import ProgramFailedError, Service, find_program


class Redis(Service):
    """A server with one database."""

    account = "redis"

    def prepare(self) -> None:
        self._server = find_program("redis-server")
        self._client = find_program("redis-cli")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://{self.host}:{self.port}/0"

    def command(self) -> Sequence[str]:
        return [
            self._server, "--port", str(self.port), "--bind", self.host, "--save", "", "--appendonly", "no",
            "--protected-mode", "yes" if self.host == LOOPBACK else "no",
        ]  # fmt: skip

    def answers(self) -> bool:
        try:
            return "PONG" in self.run(self._client, "-h", self.host, "-p", str(self.port), "ping")
        except ProgramFailedError:
            return False
