"""A collector of traces in memory: takes OTLP over HTTP, as Jaeger does."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collected(NamedTuple):
    """One span, with the node that made it."""

    node: str
    name: str
    trace: str
    span: str
    parent: str
    began: int
    ended: int
    attributes: dict[str, object]


class Collector:
    """`spans` so far; they are to be sent to `/v1/traces` below `root`."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.spans: list[Collected] = []

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            said = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_collected(said["service.instance.id"], span) for span in scope.spans]

    def of(self, trace: str) -> list[Collected]:
        """The spans of one trace."""
        return [span for span in self.spans if span.trace == trace]


def _collected(node: str, span: object) -> Collected:
    attributes = {
        each.key: getattr(each.value, each.value.WhichOneof("value"))
        for each in span.attributes  # type: ignore[attr-defined]
    }
    return Collected(
        node,
        span.name,  # type: ignore[attr-defined]
        span.trace_id.hex(),  # type: ignore[attr-defined]
        span.span_id.hex(),  # type: ignore[attr-defined]
        span.parent_span_id.hex(),  # type: ignore[attr-defined]
        span.start_time_unix_nano,  # type: ignore[attr-defined]
        span.end_time_unix_nano,  # type: ignore[attr-defined]
        attributes,
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            packed = self.headers["content-encoding"] == "gzip"
            collector.take(gzip.decompress(body) if packed else body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(server.server_port)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield collector
        server.shutdown()
