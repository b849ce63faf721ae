"""What the metrics of a node (runtime/metrics) are read from."""

import platform
import shutil
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version

from hubbub.accept.connection import Gate
from hubbub.codec.wires import TCP_JSON, TCP_PROTOBUF, WEBSOCKET_JSON, WEBSOCKET_PROTOBUF
from hubbub.dispatch.session import OPEN, STATES
from hubbub.model.errors import CloseCode
from hubbub.model.features import FEATURES
from hubbub.runtime.histogram import Histogram
from hubbub.runtime.memory_limit import memory_limit
from hubbub.runtime.telemetry import Labelled, Telemetry
from hubbub.wiring.cluster import AnyBus
from hubbub.wiring.parts import Node
from hubbub.wiring.settings import Settings

NO_STATUS, ABNORMAL = (
    1005,
    1006,
)  # RFC 6455 §7.4.1: never sent, but what an end without a close frame is called
CLOSE_CODES = {code.number for code in CloseCode} | {NO_STATUS, ABNORMAL}
SLOW = "slow"
WIRES = (WEBSOCKET_JSON, WEBSOCKET_PROTOBUF, TCP_JSON, TCP_PROTOBUF)


def measure(node: Node, settings: Settings, loop_lag: Histogram) -> Telemetry:
    """The readings of `/metrics`. `loop_lag` is observed by whoever runs the node's ticks."""
    telemetry = Telemetry()
    telemetry.read_process()
    _measure_connections(telemetry, node.gate)
    telemetry.read(
        "certificate_ends_timestamp_seconds",
        lambda: 0 if node.certificate is None else node.certificate.ends_at / 1000,
    )
    telemetry.read("token_lookups_total", lambda: node.services.authenticator.lookups)
    _measure_limits(telemetry, node)
    _measure_commands(telemetry, node)
    _measure_messages(telemetry, node)
    _measure_journal(telemetry, node)
    _measure_database(telemetry, node)
    _measure_caches(telemetry, node)
    if node.cluster.bus is not None:
        _measure_bus(telemetry, node.cluster.bus, node)
    telemetry.read("feature_off", lambda: _by({each: not node.switches.is_on(each) for each in FEATURES}))
    _measure_process(telemetry, settings, loop_lag)
    return telemetry


def _by(counts: Mapping[str, float]) -> Labelled:
    """Readings by one label."""
    return {(label,): count for label, count in counts.items()}


def _measure_connections(telemetry: Telemetry, gate: Gate) -> None:
    read = telemetry.read
    read("connections", lambda: _open(gate))
    read("connections_opened_total", lambda: _by(_opened(gate)))
    read("connections_closed_total", lambda: _by(_closed(gate.closed)))
    read("handshakes_refused_total", lambda: _by(gate.admission.refused))
    read("heartbeat_rtt_seconds", lambda: gate.round_trips)
    read("mailbox_bytes", lambda: gate.flusher.waiting_bytes)
    read("slow_clients_total", lambda: gate.flusher.slow)
    read("noise_bytes_total", lambda: gate.noise)
    read("draining", lambda: gate.admission.draining)
    read("drain_remaining_connections", lambda: len(gate.connections) if gate.admission.draining else 0)


def _open(gate: Gate) -> Labelled:
    """By transport, codec and state."""
    counts = Counter((each.wire, SLOW if each.stalled else STATES[each.state]) for each in gate.connections)
    every = counts | {(wire, STATES[OPEN]): counts[wire, STATES[OPEN]] for wire in WIRES}
    return {(*wire.name.split("+"), state): count for (wire, state), count in every.items()}


def _opened(gate: Gate) -> Counter[str]:
    """By transport: which codec a framed TCP connection speaks is not known when it opens."""
    opened = Counter(dict.fromkeys(("websocket", "tcp"), 0))
    for wire, count in gate.opened.items():
        opened[wire.name.partition("+")[0]] += count
    return opened


def _closed(closed: Mapping[int, int]) -> Counter[str]:
    """A peer may say any number, and would make a series of each."""
    known: Counter[str] = Counter()
    for code, count in closed.items():
        known[str(code) if code in CLOSE_CODES else "other"] += count
    return known


def _measure_limits(telemetry: Telemetry, node: Node) -> None:
    sessions, gate = node.sessions, node.gate
    buckets = {
        **node.rates.buckets,
        "refusals": sessions.refusals,
        "pongs": gate.pongs,
    }

    def hit() -> Labelled:
        counts = {name: each.refused for name, each in buckets.items()}
        counts["connections_per_user"] = sessions.crowded
        counts["connections_per_address"] = gate.admission.refused["address"]
        return _by(counts)

    telemetry.read("limits_hit_total", hit)


def _measure_commands(telemetry: Telemetry, node: Node) -> None:
    tallies = node.dispatcher.tallies.named()
    telemetry.read(
        "commands_total",
        lambda: {
            (name, outcome): count
            for name, tally in tallies.items()
            for outcome, count in tally.outcomes.items()
        },
    )
    telemetry.read(
        "command_duration_seconds", lambda: {(name,): each.durations for name, each in tallies.items()}
    )


def _measure_messages(telemetry: Telemetry, node: Node) -> None:
    read, hub, resumption = telemetry.read, node.hub, node.sessions.resumption
    latency = node.gate.flusher.latency
    read("users_online", lambda: node.presence.count)
    read("channels", lambda: len(list(hub.channels)))
    read("deliveries_total", lambda: hub.deliveries)
    read("delivery_latency_seconds", lambda: {("local",): latency.local, ("remote",): latency.remote})
    read("recoveries_total", lambda: _by(resumption.recovered))
    read("replayed_entries_total", lambda: resumption.replayed)
    read("gap_entries_total", lambda: node.catch_up.filled)


def _measure_journal(telemetry: Telemetry, node: Node) -> None:
    read, journal, outbox = telemetry.read, node.journal, node.outbox
    read("entries_committed_total", lambda: journal.committed)
    read("journal_waiting", lambda: journal.waiting)
    read("journal_failing", lambda: journal.failing)
    read("journal_commits_total", lambda: journal.commits)
    read("journal_repeated_total", lambda: journal.repeated)
    read("journal_batch_size", lambda: journal.sizes)
    read("journal_commit_seconds", lambda: journal.durations)
    read("outbox_pending", lambda: outbox.pending)
    read(
        "outbox_oldest_seconds",
        lambda: max(0, node.clock() - outbox.oldest_at) / 1000 if outbox.pending else 0,
    )
    read("outbox_claimed_total", lambda: outbox.claimed)
    read("outbox_reclaimed_total", lambda: outbox.reclaimed)


def _measure_database(telemetry: Telemetry, node: Node) -> None:
    read, pool, replicas = telemetry.read, node.database.gauge, node.replicas
    read("database_connections", lambda: pool.in_use)
    read("database_connections_limit", lambda: pool.limit)
    read("database_waiting", lambda: pool.waiting)
    read("database_wait_seconds", lambda: pool.waits)
    read("database_timeouts_total", lambda: pool.timeouts)
    read("replicas", lambda: len(replicas.asked))
    read("replica_lag_seconds", lambda: _by({each.name: each.lag for each in replicas.all}))
    read("replica_reads_total", lambda: replicas.answered)
    read("replica_behind_total", lambda: replicas.behind)
    read("replica_failures_total", lambda: replicas.failed)


def _measure_caches(telemetry: Telemetry, node: Node) -> None:
    dispatcher, directory, recent = node.dispatcher, node.directory, node.recent

    def hits() -> Labelled:
        counts = {"chats": dispatcher.chats_known, "profiles": directory.hits}
        return _by(counts if recent is None else counts | {"recent": recent.hits})

    def misses() -> Labelled:
        counts = {"chats": dispatcher.chats_unknown, "profiles": directory.misses}
        return _by(counts if recent is None else counts | {"recent": recent.misses})

    telemetry.read("cache_hits_total", hits)
    telemetry.read("cache_misses_total", misses)


def _measure_bus(telemetry: Telemetry, bus: AnyBus, node: Node) -> None:
    read, topics, state = telemetry.read, node.cluster.subscriptions, node.cluster.state
    read("bus_up", lambda: bus.is_up)
    read("bus_lag_seconds", lambda: node.cluster.lag)
    read("bus_topics", lambda: 0 if topics is None else topics.count)
    read("bus_sent_total", lambda: bus.outgoing.sent)
    read("bus_dropped_total", lambda: bus.outgoing.dropped)
    read("bus_heard_total", lambda: node.cluster.ear.heard)
    if state is not None:
        read("circuit_state", lambda: _by({"redis": state.breaker.state}))


def _measure_process(telemetry: Telemetry, settings: Settings, loop_lag: Histogram) -> None:
    read = telemetry.read
    build = (
        version("hubbub"),
        platform.python_version(),
        settings.database_url.partition(":")[0] or "sqlite",
        settings.bus.partition(":")[0] or "none",
    )
    read("eventloop_lag_seconds", lambda: loop_lag)
    read("memory_limit_bytes", memory_limit)
    read("data_disk_free_bytes", lambda: shutil.disk_usage(settings.data).free)
    read("data_disk_size_bytes", lambda: shutil.disk_usage(settings.data).total)
    read("build_info", lambda: {build: 1})
