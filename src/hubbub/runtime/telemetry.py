"""What the process counts: plain integers on the hot path, read when scraped."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from hubbub.runtime import metrics
from hubbub.runtime.histogram import Histogram

Value = float | Histogram
Labelled = Mapping[tuple[str, ...], Value]
Reading = Value | Labelled
Read = Callable[[], Reading]

_FAMILIES: Mapping[str, Callable[..., Metric]] = {
    metrics.GAUGE: GaugeMetricFamily,
    metrics.COUNTER: CounterMetricFamily,
    metrics.HISTOGRAM: HistogramMetricFamily,
}


class Telemetry(Collector):
    """Readings of metrics that are declared in runtime/metrics, and what Prometheus' own library knows of a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._readings: dict[metrics.Metric, Read] = {}
        self._process: Iterable[Collector] = ()

    async def text(self) -> bytes:
        """Every reading now, as Prometheus text."""
        return generate_latest(self.registry)

    def read(self, name: str, read: Read) -> None:
        """How a declared metric is read: its value, or its values by their labels. Raises KeyError for others."""
        self._readings[metrics.BY_NAME[name]] = read

    def read_process(self) -> None:
        """Memory, CPU time and open files of this process, under the names that all programs give them."""
        self._process = (ProcessCollector(registry=None),)

    def collect(self) -> Iterator[Metric]:
        """The readings now."""
        for metric, read in self._readings.items():
            yield _family(metric, read())
        for collector in self._process:
            yield from collector.collect()


def _family(metric: metrics.Metric, reading: Reading) -> Metric:
    family = _FAMILIES[metric.kind](metrics.PREFIX + metric.name, metric.text, labels=metric.labels)
    values = reading if isinstance(reading, Mapping) else {(): reading}
    for labels, value in values.items():
        if isinstance(value, Histogram):
            family.add_metric(labels, buckets=value.buckets(), sum_value=value.total)  # type: ignore[attr-defined]
        else:
            family.add_metric(labels, value)  # type: ignore[attr-defined]
    return family
