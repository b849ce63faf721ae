"""A service that says over HTTP when it is ready, as Prometheus and Alertmanager do."""

from urllib.error import URLError
from urllib.request import urlopen

from hubbub.operate.cluster.service import Service


class ReadyPage(Service):
    """`url` is its HTTP API, with `/-/ready` in it."""

    account = "prometheus"

    @property
    def url(self) -> str:
        """Its HTTP API."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            urlopen(f"{self.url}/-/ready", timeout=60).close()
        except (URLError, ConnectionError):
            return False
        return True
