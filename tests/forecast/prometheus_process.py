"""A real Prometheus with a past: blocks made by promtool, served on loopback."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE = 30.0  # seconds
SCRAPES = 240.0  # seconds between samples: within Prometheus' look-back of five minutes

Point = tuple[float, float]


def open_metrics(series: dict[str, Iterable[Point]]) -> str:
    lines = []
    for name, points in series.items():
        lines.append(
            f"# TYPE {name.removesuffix('_total')} {'counter' if name.endswith('_total') else 'gauge'}"
        )
        lines += [f'{name}{{namespace="chat",pod="a"}} {value:.6f} {time:.3f}' for time, value in points]
    return "\n".join([*lines, "# EOF\n"])


class PrometheusProcess:
    """Started with the history given; `stop` ends it."""

    def __init__(self, folder: Path, history: dict[str, Iterable[Point]]) -> None:
        (folder / "history.txt").write_text(open_metrics(history))
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        made = [
            shutil.which("promtool") or "",
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            "--max-block-duration=720h",
        ]
        subprocess.run(
            [*made, folder / "history.txt", folder / "data"], check=True, stdout=subprocess.DEVNULL
        )
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        self._log = (folder / "prometheus.log").open("w")
        self._process = subprocess.Popen(
            [
                shutil.which("prometheus") or "",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                "--storage.tsdb.retention.time=400d",
                f"--web.listen-address={self.url.removeprefix('http://')}",
            ],
            stderr=self._log,
        )
        self._await_ready(folder / "prometheus.log")

    def _await_ready(self, log: Path) -> None:
        until = monotonic() + PATIENCE
        while monotonic() < until and self._process.poll() is None:
            try:
                urlopen(f"{self.url}/-/ready", timeout=PATIENCE).close()
            except (URLError, ConnectionError):
                sleep(0.05)
            else:
                return
        raise RuntimeError(log.read_text())

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)
        self._log.close()
