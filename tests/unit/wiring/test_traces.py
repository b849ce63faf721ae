"""Traces that are asked for, with OpenTelemetry and without."""

import sys

import pytest
from structlog.testing import capture_logs

from hubbub import runtime
from hubbub.runtime.tracing import NO_TRACES
from hubbub.wiring.settings import Trace
from hubbub.wiring.traces import traces_of

ASKED = Trace(endpoint="http://127.0.0.1:9/v1/traces")


def test_nothing_is_traced_unless_there_is_somewhere_to_send_it() -> None:
    assert traces_of(Trace(), "n1") is NO_TRACES


def test_a_missing_extra_is_named_and_costs_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == "opentelemetry"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "hubbub.runtime.otel", raising=False)
    monkeypatch.delattr(runtime, "otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with capture_logs() as said:
        assert traces_of(ASKED, "n1") is NO_TRACES
    assert ["hubbub[otel]" in line["event"] for line in said] == [True]


def test_asked_for_they_are_made() -> None:
    traces = traces_of(ASKED, "n1")
    assert traces is not NO_TRACES
    traces.close()
