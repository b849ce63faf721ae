"""Prometheus with a past (blocks made by promtool from samples that each have their time), or with servers to watch."""

from collections.abc import Iterable, Mapping, Sequence

import yaml
from tests.services.ready_page import ReadyPage

from hubbub.operate.cluster.service import find_program

Point = tuple[float, float]  # seconds since the epoch, value

SCRAPES = 240.0  # seconds between samples: within Prometheus' look-back of five minutes


SCRAPE = """\
global: {scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 500ms}
rule_files: [rules.yaml]
"""


class Prometheus(ReadyPage):
    """`configuration` is its YAML."""

    def __init__(self, configuration: str) -> None:
        self._configuration = configuration
        super().__init__()

    def prepare(self) -> None:
        (self.folder / "prometheus.yaml").write_text(self._configuration)

    def command(self) -> Sequence[str]:
        return [
            find_program("prometheus"),
            "--config.file=prometheus.yaml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=400d",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]


class PastPrometheus(Prometheus):
    """`history`: points by metric; every series is that of one pod in the namespace `chat`."""

    def __init__(self, history: Mapping[str, Iterable[Point]]) -> None:
        self._history = history
        super().__init__("global: {scrape_interval: 1h}\n")

    def prepare(self) -> None:
        super().prepare()
        (self.folder / "history.txt").write_text(open_metrics(self._history))
        blocks = ("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h")
        self.run(find_program("promtool"), *blocks, "history.txt", "data")


class WatchingPrometheus(Prometheus):
    """It scrapes `targets` (host:port) four times a second, and tells an Alertmanager on this port what `rules` say.

    It keeps exemplars, as that of deploy/compose does.
    """

    def __init__(self, rules: str, targets: Sequence[str], alertmanager: int) -> None:
        self._rules = rules
        watched = [{"job_name": "hubbub", "static_configs": [{"targets": list(targets)}]}]
        told = [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
        rest = {"scrape_configs": watched, "alerting": {"alertmanagers": told}}
        super().__init__(SCRAPE + yaml.safe_dump(rest))

    def prepare(self) -> None:
        super().prepare()
        (self.folder / "rules.yaml").write_text(self._rules)

    def command(self) -> Sequence[str]:
        return [*super().command(), "--enable-feature=exemplar-storage"]


def open_metrics(history: Mapping[str, Iterable[Point]]) -> str:
    """The text that promtool reads."""
    lines = []
    for name, points in history.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines.append(f"# TYPE {name.removesuffix('_total')} {kind}")
        lines += [f'{name}{{namespace="chat",pod="a"}} {value:.6f} {time:.3f}' for time, value in points]
    return "\n".join([*lines, "# EOF\n"])
