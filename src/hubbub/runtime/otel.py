"""Traces by OpenTelemetry, sent by OTLP over HTTP (extra `hubbub[otel]`; the only module that knows it).

The server decides what is sampled, not its clients: a share of all requests, and so many a second of those whose client asks
for it (a `traceparent` with the flag `sampled`). A thread sends spans in batches; beyond 2,048 that wait they are dropped.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import urlsplit

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as OpenTelemetrySpan

from hubbub.runtime.library_lines import LibraryLines
from hubbub.runtime.tracing import TRACEPARENT, Span

log = structlog.get_logger("hubbub.traces")

SEND_SECONDS = 5  # for a batch: whoever collects traces and is slower than that does without
_around: ContextVar[Span | None] = ContextVar("the request around", default=None)


class _OtelSpan:
    """Implements runtime.tracing.Span."""

    __slots__ = ("_span",)

    def __init__(self, span: OpenTelemetrySpan) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def end(self, **attributes: str | int) -> None:
        """It is done, and was so."""
        self._span.set_attributes({f"hubbub.{name}": value for name, value in attributes.items()})
        self._span.end()


class OtelTraces:
    """Implements runtime.tracing.Traces. `ratio` of the requests are sampled, and `asked_per_second` of those that ask for it."""

    def __init__(
        self,
        processor: SpanProcessor,
        *,
        node: str,
        ratio: float,
        asked_per_second: float,
        chance: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        resource = Resource.create({"service.name": "hubbub", "service.instance.id": node})
        self._provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("hubbub")
        self._ratio = ratio
        self._asked_per_second = asked_per_second
        self._chance = chance
        self._clock = clock
        self._room = asked_per_second
        self._looked = clock()

    def request(self, name: str, asked: str | None) -> Span | None:
        """A span for a request, if it is sampled: by chance, because it is asked for, or with the request around it."""
        around = _around.get()
        if around is not None:
            return self.child(name, around.traceparent)
        if not self._is_chosen(asked):
            return None
        parent = None if asked is None else _context(asked)
        return _OtelSpan(self._tracer.start_span(name, parent, SpanKind.SERVER))

    def _is_chosen(self, asked: str | None) -> bool:
        return self._chance() < self._ratio or (asked is not None and _asks(asked) and self._has_room())

    def _has_room(self) -> bool:
        now = self._clock()
        most = self._asked_per_second
        self._room = min(self._room + (now - self._looked) * most, most)
        self._looked = now
        if self._room < 1:
            return False
        self._room -= 1
        return True

    def child(self, name: str, parent: str, began_ns: int | None = None) -> Span:
        """A span of a trace that is sampled."""
        return _OtelSpan(self._tracer.start_span(name, _context(parent), start_time=began_ns))

    @contextmanager
    def within(self, span: Span | None) -> Iterator[None]:
        """Requests made inside belong to the span's trace."""
        token = _around.set(span)
        try:
            yield
        finally:
            _around.reset(token)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


def exporting_to(endpoint: str) -> SpanProcessor:
    """Sends spans there in batches, from a thread. Headers come from OTEL_EXPORTER_OTLP_HEADERS, as everywhere."""
    _listen_to_the_library(endpoint)
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=SEND_SECONDS))


def _listen_to_the_library(endpoint: str) -> None:
    library = logging.getLogger("opentelemetry")
    library.handlers = [_Complaints(endpoint)]
    library.propagate = False


class _Complaints(LibraryLines):
    """What OpenTelemetry says: that nobody takes spans, and that some are dropped. One line a minute, whatever it is."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        where = urlsplit(endpoint)
        self._endpoint = where._replace(netloc=where.netloc.rpartition("@")[2]).geturl()  # without a password

    def kind_of(self, record: logging.LogRecord) -> str:  # noqa: ARG002 - all are of one kind
        return ""

    def write(self, record: logging.LogRecord, again: int) -> None:
        said = record.getMessage()
        log.warning("traces are not taken", endpoint=self._endpoint, error=said, repeated=again)


def _asks(traceparent: str) -> bool:
    found = TRACEPARENT.fullmatch(traceparent)
    return found is not None and bool(int(found[3], 16) & TraceFlags.SAMPLED)


def _context(traceparent: str) -> Context | None:
    """The context that a span's parent is found in; None for what is no traceparent."""
    found = TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    context = SpanContext(
        int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
    return set_span_in_context(NonRecordingSpan(context)) if context.is_valid else None
