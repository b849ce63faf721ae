"""The traces that the settings ask for."""

import structlog

from hubbub.runtime.tracing import NO_TRACES, Traces
from hubbub.wiring.settings.observed import Trace

log = structlog.get_logger("hubbub.traces")


def traces_of(asked: Trace, node: str) -> Traces:
    """None are made unless there is somewhere to send them to; a missing extra is said, and costs no start."""
    if not asked.endpoint:
        return NO_TRACES
    try:
        from hubbub.runtime import otel  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as missing:
        log.warning(
            "no traces: install the extra hubbub[otel], which trace.endpoint needs", error=str(missing)
        )
        return NO_TRACES
    return otel.OtelTraces(
        otel.exporting_to(asked.endpoint),
        node=node,
        ratio=asked.ratio,
        asked_per_second=asked.asked_per_second,
    )
