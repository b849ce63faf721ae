"""The forecast as metrics: a file for node_exporter's textfile collector, or a port that Prometheus scrapes."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server, write_to_textfile
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hubbub.operate.forecast.outlook import Outlook

Clock = Callable[[], float]  # seconds since the epoch

UNITS: Mapping[str, str] = {"connections": "connections", "messages": "messages_per_second"}


class Exported(Collector):
    """The newest outlooks. `ahead`: seconds; the largest value forecast until then is what a scrape is told.

    What is not trusted, or no longer reaches `ahead`, is left out: the recorded rule `hubbub:connections_ahead:max` then says what
    is measured now.
    """

    def __init__(self, ahead: float, clock: Clock) -> None:
        self.registry = CollectorRegistry()
        self._ahead = ahead
        self._clock = clock
        self._outlooks: tuple[Outlook, ...] = ()
        self._made = 0.0
        self.registry.register(self)

    def renew(self, outlooks: tuple[Outlook, ...]) -> None:
        """Take these from now on."""
        self._outlooks, self._made = outlooks, self._clock()

    def collect(self) -> Iterator[Metric]:
        """The readings now."""
        if not self._outlooks:
            return
        now = self._clock()
        yield GaugeMetricFamily(
            "hubbub_forecast_made_timestamp_seconds", "When the forecast was made.", value=self._made
        )
        trusted = GaugeMetricFamily(
            "hubbub_forecast_trusted", "1 if the backtest is good enough to scale by.", labels=["series"]
        )
        error = GaugeMetricFamily(
            "hubbub_forecast_error_ratio", "WAPE of the chosen model in the backtest.", labels=["series"]
        )
        for outlook in self._outlooks:
            trusted.add_metric([outlook.name], float(outlook.trusted))
            error.add_metric([outlook.name], outlook.error)
            yield from self._ahead_of(outlook, now)
        yield from (trusted, error)

    def _ahead_of(self, outlook: Outlook, now: float) -> Iterator[Metric]:
        most = outlook.most(now, now + self._ahead)
        if outlook.trusted and most is not None and outlook.name in UNITS:
            text = f"The most {outlook.name} forecast for the next {self._ahead:.0f} s."
            yield GaugeMetricFamily(f"hubbub_forecast_{UNITS[outlook.name]}", text, value=most)

    def write(self, path: Path) -> None:
        """As a textfile, replaced in one step. Raises OSError."""
        write_to_textfile(str(path), self.registry)

    def listen(self, host: str, port: int) -> int:
        """Answer scrapes from a thread until the process ends; gives the port. Raises OSError if it cannot be had."""
        server, _ = start_http_server(port, host, self.registry)
        return int(server.server_port)
