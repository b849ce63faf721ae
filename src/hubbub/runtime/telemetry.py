"""What the process counts: plain integers on the hot path, read when scraped."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Read = Callable[[], float]


class Telemetry(Collector):
    """Named readings, given to Prometheus under `hubbub_*`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._gauges: dict[str, tuple[str, Read]] = {}
        self._counters: dict[str, tuple[str, Read]] = {}

    async def text(self) -> bytes:
        """Every reading now, as Prometheus text."""
        return generate_latest(self.registry)

    def gauge(self, name: str, text: str, read: Read) -> None:
        """Something that goes up and down."""
        self._gauges[f"hubbub_{name}"] = (text, read)

    def counter(self, name: str, text: str, read: Read) -> None:
        """Something that only rises; Prometheus sees it as `<name>_total`."""
        self._counters[f"hubbub_{name}"] = (text, read)

    def collect(self) -> Iterator[Metric]:
        """The readings now."""
        for name, (text, read) in self._gauges.items():
            yield GaugeMetricFamily(name, text, value=read())
        for name, (text, read) in self._counters.items():
            yield CounterMetricFamily(name, text, value=read())
