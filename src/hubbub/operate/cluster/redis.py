"""Redis, keeping nothing on disk: what the nodes need of it they can do without."""

from collections.abc import Sequence

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
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        return [
            self._server, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        ]  # fmt: skip

    def answers(self) -> bool:
        try:
            return "PONG" in self.run(self._client, "-p", str(self.port), "ping")
        except ProgramFailedError:
            return False
