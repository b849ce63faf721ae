"""What is declared is told as Prometheus wants it; what is not declared is not told."""

from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from hubbub.runtime import metrics
from hubbub.runtime.histogram import Exemplar, Histogram
from hubbub.runtime.telemetry import Telemetry

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"


async def test_readings_have_their_labels_and_are_read_when_asked() -> None:
    telemetry, batches, closed = Telemetry(), Histogram((1.0,)), {("1000",): 1}
    telemetry.read("journal_batch_size", lambda: batches)
    telemetry.read("connections_closed_total", lambda: closed)
    telemetry.read("journal_failing", lambda: True)
    batches.observe(3)
    closed["4001",] = 2
    text = (await telemetry.exposition(""))[0].decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert [(s.labels, s.value) for s in families["hubbub_connections_closed"].samples] == [
        ({"code": "1000"}, 1),
        ({"code": "4001"}, 2),
    ]
    assert {(s.name, s.labels.get("le")): s.value for s in families["hubbub_journal_batch_size"].samples} == {
        ("hubbub_journal_batch_size_bucket", "1"): 0,
        ("hubbub_journal_batch_size_bucket", "+Inf"): 1,
        ("hubbub_journal_batch_size_count", None): 1,
        ("hubbub_journal_batch_size_sum", None): 3,
    }
    assert families["hubbub_journal_failing"].samples[0].value == 1


async def test_a_bucket_leads_to_a_trace_for_whoever_asks_for_open_metrics() -> None:
    telemetry, latency = Telemetry(), Histogram((1.0, 2.0))
    telemetry.read("delivery_latency_seconds", lambda: {("local",): latency})
    latency.observe(1.5)
    latency.exemplify(Exemplar("4bf92f3577b34da6a3ce929d0e0e4736", 1.5, 1_700_000_000))
    text, media_type = await telemetry.exposition(
        "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"
    )
    assert media_type.startswith("application/openmetrics-text")
    [family] = open_metrics(text.decode())
    found = {sample.labels["le"]: sample.exemplar for sample in family.samples if "le" in sample.labels}
    assert {bound: exemplar.labels for bound, exemplar in found.items() if exemplar is not None} == {
        "2": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
    }
    plain, media_type = await telemetry.exposition("text/plain")
    assert media_type.startswith("text/plain; version=0.0.4")
    assert b"4bf92f" not in plain


def test_a_name_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError):
        Telemetry().read("made_up", lambda: 1)


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda each: each.name)
def test_names_are_as_prometheus_wants_them(metric: metrics.Metric) -> None:
    assert metric.name.endswith("_total") == (metric.kind == metrics.COUNTER)
    assert metric.workers in {"sum", "max", "min"}
    assert metric.kind == metrics.GAUGE or metric.workers == "sum"
    assert metric.text.endswith(".")


def test_no_name_is_declared_twice() -> None:
    assert len(metrics.BY_NAME) == len(metrics.METRICS)


def test_the_document_prints_the_table() -> None:
    assert DOCUMENT.read_text().endswith(metrics.table()), "`make reference` writes it"
