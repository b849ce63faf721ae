"""What a node measures, declared in one place."""

from hubbub.runtime.telemetry import Telemetry
from hubbub.wiring.cluster import AnyBus
from hubbub.wiring.parts import Node


def measure(node: Node) -> Telemetry:
    """The readings of `/metrics`."""
    telemetry = Telemetry()
    gate, hub, journal = node.gate, node.hub, node.journal
    telemetry.gauge("connections", "Open connections.", lambda: len(gate.connections))
    telemetry.gauge(
        "users_online", "Users with a connection, or whose last one just ended.", lambda: node.presence.count
    )
    telemetry.gauge("channels", "Chats somebody here listens to.", lambda: len(list(hub.channels)))
    telemetry.gauge("journal_waiting", "Writes that wait for their transaction.", lambda: journal.waiting)
    telemetry.gauge("journal_failing", "1 while the database takes no writes.", lambda: journal.failing)
    telemetry.counter("connections_opened", "Connections opened.", lambda: gate.opened)
    telemetry.counter("connections_closed", "Connections closed.", gate.closed.total)
    telemetry.counter(
        "handshakes_refused", "Connections refused at the door.", lambda: gate.admission.refused
    )
    telemetry.counter(
        "token_lookups",
        "Tokens the database was asked about.",
        lambda: node.services.authenticator.lookups,
    )
    telemetry.counter("noise_bytes", "Bytes between the frames of framed TCP.", lambda: gate.noise)
    telemetry.counter("commands", "Commands taken.", lambda: node.dispatcher.commands)
    telemetry.counter("commands_refused", "Commands refused.", lambda: node.dispatcher.refused)
    telemetry.counter("journal_commits", "Transactions committed.", lambda: journal.commits)
    telemetry.counter("entries_committed", "Entries committed.", lambda: journal.committed)
    telemetry.counter("deliveries", "Entries and steps passed on to connections.", lambda: hub.deliveries)
    telemetry.counter("gap_entries", "Entries read to fill gaps.", lambda: node.catch_up.filled)
    _measure_database(telemetry, node)
    if node.cluster.bus is not None:
        _measure_bus(telemetry, node.cluster.bus, node)
    return telemetry


def _measure_database(telemetry: Telemetry, node: Node) -> None:
    pool, outbox, journal = node.database.gauge, node.outbox, node.journal
    telemetry.gauge("database_connections", "Database connections in use.", lambda: pool.in_use)
    telemetry.gauge("database_waiting", "Who waits for a database connection.", lambda: pool.waiting)
    telemetry.gauge(
        "outbox_pending", "Outbox rows not yet on the bus, as last looked at.", lambda: outbox.pending
    )
    telemetry.gauge(
        "outbox_oldest_seconds",
        "Age of the oldest of them.",
        lambda: max(0, node.clock() - outbox.oldest_at) / 1000 if outbox.pending else 0,
    )
    replicas = node.replicas
    telemetry.gauge("replicas", "Copies of the database that answer reads.", lambda: len(replicas.asked))
    telemetry.counter("replica_reads", "Reads that a copy answered.", lambda: replicas.answered)
    telemetry.counter("replica_behind", "Reads that a copy was behind for.", lambda: replicas.behind)
    telemetry.counter("replica_failures", "Reads that a copy failed.", lambda: replicas.failed)
    telemetry.counter(
        "database_timeouts", "Waits for a connection that were given up.", lambda: pool.timeouts
    )
    telemetry.counter(
        "journal_repeated",
        "Transactions made again because another node came in between.",
        lambda: journal.repeated,
    )
    telemetry.counter("outbox_claimed", "Ranges published in place of another node.", lambda: outbox.claimed)
    telemetry.counter(
        "outbox_reclaimed", "Those of them that somebody had claimed before.", lambda: outbox.reclaimed
    )


def _measure_bus(telemetry: Telemetry, bus: AnyBus, node: Node) -> None:
    topics = node.cluster.subscriptions
    telemetry.gauge("bus_up", "1 while the bus answers.", lambda: bus.is_up)
    telemetry.gauge("bus_topics", "Topics this node hears.", lambda: 0 if topics is None else topics.count)
    telemetry.counter("bus_sent", "Messages put on the bus.", lambda: bus.outgoing.sent)
    telemetry.counter(
        "bus_dropped", "Messages dropped: the bus was away, or slow.", lambda: bus.outgoing.dropped
    )
    state = node.cluster.state
    if state is not None:
        telemetry.gauge(
            "redis_breaker", "0: asked; 1: being tried; 2: given up for now.", lambda: state.breaker.state
        )
    recent = node.recent
    if recent is not None:
        telemetry.counter("recent_hits", "Looks for recent history that found it.", lambda: recent.hits)
        telemetry.counter(
            "recent_misses", "Looks that had to read it from the database.", lambda: recent.misses
        )
    telemetry.counter("bus_heard", "News heard from other nodes.", lambda: node.cluster.ear.heard)
