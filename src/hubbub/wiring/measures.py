"""What a node measures, declared in one place."""

from hubbub.runtime.telemetry import Telemetry
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
    telemetry.counter("handshakes_refused", "Handshakes refused.", lambda: gate.admission.refused)
    telemetry.counter("commands", "Commands taken.", lambda: node.dispatcher.commands)
    telemetry.counter("commands_refused", "Commands refused.", lambda: node.dispatcher.refused)
    telemetry.counter("journal_commits", "Transactions committed.", lambda: journal.commits)
    telemetry.counter("entries_committed", "Entries committed.", lambda: journal.committed)
    telemetry.counter("deliveries", "Entries and steps passed on to connections.", lambda: hub.deliveries)
    telemetry.counter("gap_entries", "Entries read to fill gaps.", lambda: node.catch_up.filled)
    return telemetry
