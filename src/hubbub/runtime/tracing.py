"""Traces as the rest of the server sees them: one request's way through command, commit, bus and fan-out.

A context is a W3C `traceparent`. Only what is sampled has one inside the server, so whatever carries none costs nothing. The
spans are made by runtime/otel, where OpenTelemetry is installed and asked for; else by NO_TRACES.
"""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

Contexts = tuple[str, ...]
"""The traceparents of what travels together."""


class Span(Protocol):
    """Something that takes time. `traceparent` is the context of what follows from it."""

    @property
    def traceparent(self) -> str: ...

    def end(self, **attributes: str | int) -> None:
        """It is done, and was so."""


class Traces(Protocol):
    """Makes spans: runtime/otel.OtelTraces, NoTraces."""

    def request(self, name: str, asked: str | None) -> Span | None:
        """A span for a request whose client sent the context `asked`; None: it is not sampled."""

    def child(self, name: str, parent: str, began_ns: int | None = None) -> Span:
        """A span of a trace that is sampled. `began_ns`: when it began, since the Unix epoch; None: now."""

    def within(self, span: Span | None) -> AbstractContextManager[object]:
        """Requests made inside belong to the span's trace."""

    def close(self) -> None:
        """Send what waits; may take a while."""


class _NoSpan:
    traceparent = ""

    def end(self, **attributes: str | int) -> None:
        """Nothing was begun."""


class NoTraces:
    """Nothing is sampled; contexts that other nodes send end here."""

    def request(self, name: str, asked: str | None) -> None:
        """Never."""

    def child(self, name: str, parent: str, began_ns: int | None = None) -> Span:  # noqa: ARG002
        """Nothing."""
        return _NoSpan()

    def within(self, span: Span | None) -> AbstractContextManager[object]:  # noqa: ARG002
        """Nothing."""
        return nullcontext()

    def close(self) -> None:
        """Nothing waits."""


NO_TRACES = NoTraces()


def follow(
    traces: Traces, name: str, parents: Sequence[str], began_ns: int | None, **what: str | int
) -> Contexts:
    """A span that ends now, in the trace of each parent; their contexts."""
    spans = [traces.child(name, parent, began_ns) for parent in parents]
    for span in spans:
        span.end(**what)
    return tuple(span.traceparent for span in spans if span.traceparent)


def trace_id(traceparent: str | None) -> str | None:
    """Of a W3C trace context; None if it is none."""
    found = None if traceparent is None else TRACEPARENT.fullmatch(traceparent)
    return None if found is None else found[1]
