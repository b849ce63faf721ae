"""What the process counts: plain integers on the hot path, read when scraped."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

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

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """Every reading now, as OpenMetrics if `accept` (the header) names it, else as Prometheus text, and which of them.

        Exemplars are in OpenMetrics alone.
        """
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

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
            family.add_metric(labels, buckets=_buckets(value), sum_value=value.total)  # type: ignore[attr-defined]
        else:
            family.add_metric(labels, value)  # type: ignore[attr-defined]
    return family


def _buckets(histogram: Histogram) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    """With the exemplar of each bucket that has one."""
    buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = [*histogram.buckets()]
    for place, found in histogram.exemplars.items():
        bound, count = histogram.buckets()[place]
        buckets[place] = (bound, count, Exemplar({"trace_id": found.trace}, found.value, found.at))
    return buckets
