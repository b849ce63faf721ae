"""What the process says about itself: its log and its traces."""

from typing import Annotated, Literal

from msgspec import Struct

from hubbub.wiring.settings.meta import count, text, time


class Log(Struct, frozen=True, kw_only=True):
    """What the process says about itself, on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"],
        text("The least important level that is written."),
    ] = "info"
    format: Annotated[
        Literal["auto", "console", "json"],
        text("`console` for people, `json` (ECS) for machines; `auto`: console on a terminal, else JSON."),
    ] = "auto"
    requests: Annotated[
        Literal["off", "notable", "all"],
        text("Requests and commands that get a line; `notable`: those refused, failed, or slow."),
    ] = "notable"
    slow_ms: Annotated[int, count("Milliseconds from which a request is slow.", least=1)] = 1_000
    connections: Annotated[bool, text("Whether each connection gets a line at its end.")] = True
    lines_per_second: Annotated[
        int,
        count(
            "Lines of requests a second, and as many of connections; those beyond are counted, and the count is written. 0: no bound."
        ),
    ] = 100


class Trace(Struct, frozen=True, kw_only=True):
    """OpenTelemetry (extra `hubbub[otel]`): the way of single requests through all nodes."""

    endpoint: Annotated[
        str, text("Where traces go, by OTLP over HTTP: http://jaeger:4318/v1/traces. Empty: there are none.")
    ] = ""
    ratio: Annotated[float, time("The share of requests that is traced.", most=1)] = 0.001
    asked_per_second: Annotated[
        float,
        time("Requests a second that are traced because their client's `traceparent` asks for it.", most=1e6),
    ] = 1
