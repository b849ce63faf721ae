"""What is sampled, and what a client may cause to be."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hubbub.runtime.otel import OtelTraces
from hubbub.runtime.tracing import NO_TRACES, follow, trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED, UNSAMPLED = (f"00-{TRACE}-00f067aa0ba902b7-{flag}" for flag in ("01", "00"))


class Stage:
    """Traces into memory; `chance` and `now` are what the test says."""

    def __init__(self, ratio: float, asked_per_second: float = 0) -> None:
        self.kept = InMemorySpanExporter()
        self.chance, self.now = 0.5, 0.0
        self.traces = OtelTraces(
            SimpleSpanProcessor(self.kept),
            node="n1",
            ratio=ratio,
            asked_per_second=asked_per_second,
            chance=lambda: self.chance,
            clock=lambda: self.now,
        )


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage(ratio=0.1, asked_per_second=2)
    yield made
    made.traces.close()


def test_a_share_of_all_requests_is_sampled(stage: Stage) -> None:
    stage.chance = 0.2
    assert stage.traces.request("send", None) is None
    stage.chance = 0.05
    span = stage.traces.request("send", UNSAMPLED)
    assert span is not None
    assert trace_id(span.traceparent) == TRACE
    span.end(user="alice")
    [kept] = stage.kept.get_finished_spans()
    assert (kept.name, dict(kept.attributes or {})) == ("send", {"hubbub.user": "alice"})


def test_who_asks_is_traced_so_often_a_second_and_no_more(stage: Stage) -> None:
    assert [stage.traces.request("send", SAMPLED) is None for _ in range(3)] == [False, False, True]
    stage.now = 0.5
    assert [stage.traces.request("send", SAMPLED) is None for _ in range(2)] == [False, True]


@pytest.mark.parametrize("said", [UNSAMPLED, "nonsense", "", SAMPLED.upper(), f"{SAMPLED}-more"])
def test_what_does_not_ask_properly_asks_nothing(stage: Stage, said: str) -> None:
    assert stage.traces.request("send", said) is None


def test_a_context_that_names_nothing_begins_a_trace_of_its_own(stage: Stage) -> None:
    stage.chance = 0
    span = stage.traces.request("send", f"00-{'0' * 32}-{'0' * 16}-01")
    assert span is not None
    assert trace_id(span.traceparent) not in {None, "0" * 32}


def test_a_request_inside_another_belongs_to_it(stage: Stage) -> None:
    outer = stage.traces.request("HTTP", SAMPLED)
    with stage.traces.within(outer):
        inner = stage.traces.request("send", None)
    assert outer is not None
    assert inner is not None
    assert trace_id(inner.traceparent) == trace_id(outer.traceparent)
    assert stage.traces.request("send", None) is None


def test_what_follows_is_told_from_when_it_began(stage: Stage) -> None:
    contexts = follow(stage.traces, "commit", (SAMPLED,), 1_000, batch=3)
    [kept] = stage.kept.get_finished_spans()
    assert (kept.start_time, kept.parent and f"{kept.parent.span_id:016x}") == (1_000, "00f067aa0ba902b7")
    assert [trace_id(each) for each in contexts] == [TRACE]
    assert contexts != (SAMPLED,)


def test_without_traces_nothing_is_sampled_and_what_others_send_ends() -> None:
    assert NO_TRACES.request("send", SAMPLED) is None
    assert follow(NO_TRACES, "commit", (SAMPLED,), None) == ()
