"""THE TABLE of what a process measures. Readings are bound to it by wiring/measures; docs/metrics.md prints it.

Names without `hubbub_`, otherwise as Prometheus has them. A label never holds an id: its values are few, and known here or from
the settings. `workers`: what the readings of the workers of one machine are together.
"""

from collections.abc import Sequence
from typing import NamedTuple

GAUGE, COUNTER, HISTOGRAM = "gauge", "counter", "histogram"
PREFIX = "hubbub_"


class Metric(NamedTuple):
    """`workers`: `sum`, or `max` or `min` of readings that all workers have of one thing."""

    name: str
    kind: str
    text: str
    labels: Sequence[str] = ()
    workers: str = "sum"


METRICS = (
    # Connections
    Metric("connections", GAUGE, "Open connections. State: new, greeting, open, slow (beyond its bound of outgoing bytes), closing.", ("transport", "codec", "state")),
    Metric("connections_opened_total", COUNTER, "Connections opened.", ("transport",)),
    Metric("connections_closed_total", COUNTER, "Connections closed, by close code; `other`: a code of the peer's that means nothing here.", ("code",)),
    Metric("handshakes_refused_total", COUNTER, "Connections refused at the door: malformed, path, origin, address (too many of it), draining.", ("reason",)),
    Metric("token_lookups_total", COUNTER, "Tokens the database was asked about: none of Hubbub's own, one of an identity provider's when first seen."),
    Metric("heartbeat_rtt_seconds", HISTOGRAM, "From a ping to the peer's pong, on connections that had been silent."),
    Metric("mailbox_bytes", GAUGE, "Bytes that wait for peers which read more slowly than they are written to."),
    Metric("slow_clients_total", COUNTER, "Connections that passed their bound of outgoing bytes (docs/protocol.md §3.5)."),
    Metric("noise_bytes_total", COUNTER, "Bytes between the frames of framed TCP."),
    Metric("limits_hit_total", COUNTER, "Requests refused because a limit was reached.", ("limit",)),
    Metric("users_online", GAUGE, "Users with a connection, or whose last one just ended."),
    Metric("channels", GAUGE, "Chats somebody here listens to."),
    Metric("draining", GAUGE, "1 while the process says goodbye to its connections.", (), "max"),
    Metric("drain_remaining_connections", GAUGE, "Connections still to go while it does, else 0."),
    Metric("certificate_ends_timestamp_seconds", GAUGE, "When the certificate of framed TCP ends; 0 without one.", (), "min"),
    # Commands
    Metric("commands_total", COUNTER, "Commands answered. Outcome: ok, a code of docs/protocol.md §5, or undecided (closed with 4000, unanswered).", ("command", "outcome")),
    Metric("command_duration_seconds", HISTOGRAM, "From a command's arrival to its answer, the commit included.", ("command",)),
    # Messages
    Metric("entries_committed_total", COUNTER, "Entries accepted: committed, and so acknowledged."),
    Metric("deliveries_total", COUNTER, "Entries and steps passed on to connections."),
    Metric("delivery_latency_seconds", HISTOGRAM, "From the acceptance of an entry's command to its write to a connection, of each delivery; entries that travel together count as the first of them. Origin: local, or remote (another process, or read from the log because the bus brought nothing).", ("origin",)),
    Metric("recoveries_total", COUNTER, "Chats in which a returning client was behind. Outcome: replayed, hole (told by resync), reset (another epoch).", ("outcome",)),
    Metric("replayed_entries_total", COUNTER, "Entries pushed again to returning clients."),
    Metric("gap_entries_total", COUNTER, "Entries read from the database to fill gaps."),
    # The journal, the outbox, the database
    Metric("journal_waiting", GAUGE, "Writes that wait for their transaction."),
    Metric("journal_failing", GAUGE, "1 while the database takes no writes.", (), "max"),
    Metric("journal_commits_total", COUNTER, "Transactions committed."),
    Metric("journal_repeated_total", COUNTER, "Transactions made again because another node came in between."),
    Metric("journal_batch_size", HISTOGRAM, "Writes in one committed transaction."),
    Metric("journal_commit_seconds", HISTOGRAM, "From the beginning of a transaction to the end of its COMMIT."),
    Metric("feature_off", GAUGE, "1 while the feature is let go: typing, presence, receipts, search.", ("feature",), "max"),
    Metric("outbox_pending", GAUGE, "Outbox rows not yet on the bus, as last looked at.", (), "max"),
    Metric("outbox_oldest_seconds", GAUGE, "Age of the oldest of them.", (), "max"),
    Metric("outbox_claimed_total", COUNTER, "Ranges published in place of another node."),
    Metric("outbox_reclaimed_total", COUNTER, "Those of them that somebody had claimed before."),
    Metric("database_connections", GAUGE, "Database connections in use."),
    Metric("database_connections_limit", GAUGE, "Database connections there may be."),
    Metric("database_waiting", GAUGE, "Who waits for a database connection, on the embedded store for their turn to write too."),
    Metric("database_wait_seconds", HISTOGRAM, "How long they waited, when they had to; on the embedded store also for the write lock, where another process had it."),
    Metric("database_timeouts_total", COUNTER, "Waits for a connection that were given up."),
    Metric("replicas", GAUGE, "Copies of the database that answer reads.", (), "min"),
    Metric("replica_lag_seconds", GAUGE, "How far a copy was behind when last looked at; a copy that does not answer falls behind.", ("replica",), "max"),
    Metric("replica_reads_total", COUNTER, "Reads that a copy answered."),
    Metric("replica_behind_total", COUNTER, "Reads that a copy was behind for."),
    Metric("replica_failures_total", COUNTER, "Reads that a copy failed."),
    Metric("cache_hits_total", COUNTER, "What was asked for and in memory (chats, profiles) or in Redis (recent: the newest entries of a chat).", ("cache",)),
    Metric("cache_misses_total", COUNTER, "What had to be read from the database.", ("cache",)),
    # Other nodes
    Metric("bus_up", GAUGE, "1 while the bus answers.", (), "min"),
    Metric("bus_lag_seconds", GAUGE, "How long a message of this node to itself took over the bus, sent four times a second; grows while none comes.", (), "max"),
    Metric("bus_topics", GAUGE, "Topics this node hears."),
    Metric("bus_sent_total", COUNTER, "Messages put on the bus."),
    Metric("bus_dropped_total", COUNTER, "Messages dropped: the bus was away, or slow."),
    Metric("bus_heard_total", COUNTER, "News heard from other nodes."),
    Metric("circuit_state", GAUGE, "What is asked only while it answers: 0 closed (asked), 1 being tried, 2 open (given up for now).", ("circuit",), "max"),
    # The process and its machine
    Metric("eventloop_lag_seconds", HISTOGRAM, "How late the event loop came to what was due, looked at four times a second."),
    Metric("memory_limit_bytes", GAUGE, "Memory the process may have: the smallest limit of its control groups, else the machine's.", (), "max"),
    Metric("data_disk_free_bytes", GAUGE, "Free space where the data folder lies.", (), "min"),
    Metric("data_disk_size_bytes", GAUGE, "Its whole size.", (), "max"),
    Metric("build_info", GAUGE, "1; what runs here, and on what.", ("version", "python", "database", "bus"), "max"),
    Metric("workers", GAUGE, "Workers that serve; of their supervisor only.", (), "max"),
    Metric("worker_restarts_total", COUNTER, "Workers that died and were replaced; of their supervisor only."),
)  # fmt: skip

BY_NAME = {metric.name: metric for metric in METRICS}


def table() -> str:
    """The table as Markdown."""
    rows = (
        f"| `{PREFIX}{each.name}` | {each.kind} | {', '.join(each.labels)} | {each.text} | {each.workers} |"
        for each in METRICS
    )
    return "\n".join(("| name | kind | labels | what | workers |", "|---|---|---|---|---|", *rows)) + "\n"


if __name__ == "__main__":  # `make reference`
    print(table(), end="")  # noqa: T201
