"""Prometheus with a past: blocks made by promtool from samples that each have their time."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.error import URLError
from urllib.request import urlopen

from hubbub.operate.cluster.service import Service, find_program

Point = tuple[float, float]  # seconds since the epoch, value

SCRAPES = 240.0  # seconds between samples: within Prometheus' look-back of five minutes


class Prometheus(Service):
    """`history`: points by metric; every series is that of one pod in the namespace `chat`."""

    account = "prometheus"

    def __init__(self, history: Mapping[str, Iterable[Point]]) -> None:
        self._history = history
        super().__init__()

    @property
    def url(self) -> str:
        """Its HTTP API."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        (self.folder / "history.txt").write_text(open_metrics(self._history))
        (self.folder / "prometheus.yaml").write_text("global: {scrape_interval: 1h}\n")
        blocks = ("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h")
        self.run(find_program("promtool"), *blocks, "history.txt", "data")

    def command(self) -> Sequence[str]:
        return [
            find_program("prometheus"),
            "--config.file=prometheus.yaml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=400d",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]

    def answers(self) -> bool:
        try:
            urlopen(f"{self.url}/-/ready", timeout=10).close()
        except (URLError, ConnectionError):
            return False
        return True


def open_metrics(history: Mapping[str, Iterable[Point]]) -> str:
    """The text that promtool reads."""
    lines = []
    for name, points in history.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines.append(f"# TYPE {name.removesuffix('_total')} {kind}")
        lines += [f'{name}{{namespace="chat",pod="a"}} {value:.6f} {time:.3f}' for time, value in points]
    return "\n".join([*lines, "# EOF\n"])
