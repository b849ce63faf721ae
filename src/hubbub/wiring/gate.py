"""The gate of the settings: whom it lets in, how long it waits, what one connection may cost."""

from collections.abc import Callable

from hubbub.accept.admission import Admission
from hubbub.accept.connection import Gate
from hubbub.accept.connection_log import ConnectionLog
from hubbub.accept.heartbeat import TimingWheel
from hubbub.codec.websocket_frames import FrameLimits
from hubbub.codec.websocket_handshake import parse_origin
from hubbub.dispatch.limits import TokenBuckets
from hubbub.push.hub import Hub
from hubbub.push.mailbox import Flusher
from hubbub.runtime.bounded_lines import BoundedLines
from hubbub.runtime.tracing import Traces
from hubbub.wiring.settings import Settings
from hubbub.wiring.settings.tree import bound

Clock = Callable[[], int]
LONGEST_TICK_MS = 1_000
TICKS_A_HEARTBEAT = 20


def gate_of(
    settings: Settings, flusher: Flusher, hub: Hub, clock: Clock, lines: BoundedLines, traces: Traces
) -> Gate:
    """Its listener is still missing, which needs the hub of the gate."""
    limits = settings.limits
    wheel = TimingWheel(max(10, min(LONGEST_TICK_MS, settings.heartbeat_ms // TICKS_A_HEARTBEAT)))
    origins = [*settings.allowed_origins, *([settings.public_url] if settings.public_url else [])]
    return Gate(
        admission=Admission(
            frozenset(origin for each in origins if (origin := parse_origin(each.rstrip("/"))) is not None),
            bound(limits.connections_per_address),
            settings.trusted_proxies,
        ),
        wheel=wheel,
        flusher=flusher,
        hub=hub,
        frame_limits=FrameLimits(
            max_message_bytes=limits.request_bytes or 2**30, max_fragments=limits.message_fragments or 2**30
        ),
        head_bytes=limits.head_bytes or 2**20,
        head_ticks=wheel.ticks(limits.handshake_seconds or 10**6),
        hello_ticks=wheel.ticks(limits.hello_seconds or 10**6),
        silent_ticks=wheel.ticks(settings.heartbeat_ms / 1000),
        stall_ticks=wheel.ticks(limits.stall_seconds or 10**6),
        age_ticks=wheel.ticks(limits.connection_age_seconds) if limits.connection_age_seconds else 0,
        pongs=TokenBuckets(limits.pongs_per_second, limits.pongs_per_second),
        clock=clock,
        log=ConnectionLog(lines, wanted=settings.log.connections),
        traces=traces,
    )
