"""The dashboards of Grafana, made of the table below: `make dashboards` writes each as JSON into deploy/grafana/dashboards.

A panel is a title, a unit, and queries with their legends. `$where` stands for the namespaces and nodes chosen at the top of the page. Every query is asked
of a real Prometheus by tests/deploy/test_watching.py.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
WHERE = 'namespace=~"$namespace",instance=~"$node"'
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
TRACED = "hubbub_delivery_latency_seconds_bucket"  # its buckets lead to traces, which Grafana shows as points
COLUMNS, WIDTH, HEIGHT = 24, 8, 8
STAT_WIDTH, STAT_HEIGHT = 4, 4

Queries = Mapping[str, str]
"""Legend → PromQL."""


@dataclass(frozen=True)
class Panel:
    """`unit` is Grafana's name for it. A `stat` is one number."""

    title: str
    unit: str
    queries: Queries
    stat: bool = False


@dataclass(frozen=True)
class Dashboard:
    """One page. `one_node`: a single node is chosen, not any number of them."""

    name: str
    title: str
    panels: Sequence[Panel]
    one_node: bool = False


def rate(metric: str, by: str = "", more: str = "") -> str:
    """How often something happened, a second."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate(hubbub_{metric}{{$where{more}}}[$$__rate_interval]))"


def total(metric: str, by: str = "") -> str:
    """A gauge, added over the nodes."""
    return f"sum{f' by ({by})' if by else ''} (hubbub_{metric}{{$where}})"


def largest(metric: str, by: str = "") -> str:
    """A gauge that all nodes have of one thing, or the worst of the nodes."""
    return f"max{f' by ({by})' if by else ''} (hubbub_{metric}{{$where}})"


def percentiles(metric: str, by: str = "", more: str = "") -> Queries:
    """The median and the 99th percentile of a histogram."""
    legend = f" {{{{{by}}}}}" if by else ""
    return {
        f"{name}{legend}": f"histogram_quantile({share}, {rate(metric + '_bucket', f'{by}, le' if by else 'le', more)})"
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def share(part: str, whole: str) -> str:
    """One of another, as long as there is another."""
    return f"{part} / ({whole} > 0)"


ERRORS = rate("commands_total", more=',outcome=~"unavailable|internal|undecided"')
HITS, MISSES = rate("cache_hits_total", "cache"), rate("cache_misses_total", "cache")

OVERVIEW = Dashboard("overview", "Hubbub: overview", (
    Panel("Connections", "short", {"": total("connections")}, stat=True),
    Panel("Users online", "short", {"": total("users_online")}, stat=True),
    Panel("Messages", "ops", {"": rate("entries_committed_total")}, stat=True),
    Panel("Errors", "percentunit", {"": share(ERRORS, rate("commands_total"))}, stat=True),
    Panel("Delivered within, 99 %", "s", {"": percentiles("delivery_latency_seconds")["p99"]}, stat=True),
    Panel("Nodes", "short", {"": "count(hubbub_build_info{$where})"}, stat=True),
    Panel("Connections", "short", {"{{instance}}": total("connections", "instance")}),
    Panel("Accepted and delivered", "ops", {"accepted": rate("entries_committed_total"), "delivered": rate("deliveries_total")}),
    Panel("Delivery latency", "s", percentiles("delivery_latency_seconds")),
    Panel("Commands", "ops", {"{{command}}": f"topk(10, {rate('commands_total', 'command')} > 0)"}),
    Panel("Not answered well", "ops", {"{{outcome}}": rate("commands_total", "outcome", ',outcome!="ok"')}),
    Panel("Command duration", "s", percentiles("command_duration_seconds")),
    Panel("Event loop lag, 99 %", "s", {"{{instance}}": f"histogram_quantile(0.99, {rate('eventloop_lag_seconds_bucket', 'instance, le')})"}),
    Panel("Memory of the limit", "percentunit", {"{{instance}}": "process_resident_memory_bytes{$where} / hubbub_memory_limit_bytes{$where}"}),
    Panel("Alerts", "short", {"{{alertname}}": 'sum by (alertname) (ALERTS{alertname=~"Hubbub.+",alertstate="firing"})'}),
    Panel("Connections to come", "short", {"measured": "hubbub:connections_ahead:max", "forecast": "max(hubbub_forecast_connections)"}),
))  # fmt: skip

MESSAGES = Dashboard("messages", "Hubbub: messages", (
    Panel("Delivery latency by origin", "s", percentiles("delivery_latency_seconds", "origin")),
    Panel("Deliveries of a message", "short", {"": share(rate("deliveries_total"), rate("entries_committed_total"))}),
    Panel("Duration of send", "s", percentiles("command_duration_seconds", more=',command="send"')),
    Panel("Commit time", "s", percentiles("journal_commit_seconds")),
    Panel("Writes in a transaction", "short", {"mean": share(rate("journal_batch_size_sum"), rate("journal_batch_size_count"))} | percentiles("journal_batch_size")),
    Panel("Writes that wait", "short", {"{{instance}}": total("journal_waiting", "instance")}),
    Panel("Transactions", "ops", {"committed": rate("journal_commits_total"), "made again": rate("journal_repeated_total")}),
    Panel("Outbox: pending", "short", {"rows": largest("outbox_pending")}),
    Panel("Outbox: oldest", "s", {"age": largest("outbox_oldest_seconds")}),
    Panel("Outbox: published for another node", "ops", {"claimed": rate("outbox_claimed_total"), "claimed again": rate("outbox_reclaimed_total")}),
    Panel("Returning clients that were behind, chats", "ops", {"{{outcome}}": rate("recoveries_total", "outcome")}),
    Panel("Read again", "ops", {"replayed to clients": rate("replayed_entries_total"), "gaps of the bus": rate("gap_entries_total")}),
))  # fmt: skip

CONNECTIONS = Dashboard("connections", "Hubbub: connections", (
    Panel("By wire", "short", {"{{transport}} {{codec}}": total("connections", "transport, codec")}),
    Panel("By state", "short", {"{{state}}": total("connections", "state")}),
    Panel("Opened", "ops", {"{{transport}}": rate("connections_opened_total", "transport")}),
    Panel("Closed, by code", "ops", {"{{code}}": rate("connections_closed_total", "code")}),
    Panel("Refused at the door", "ops", {"{{reason}}": rate("handshakes_refused_total", "reason")}),
    Panel("Duration of hello", "s", percentiles("command_duration_seconds", more=',command="hello"')),
    Panel("Slow clients", "ops", {"{{instance}}": rate("slow_clients_total", "instance")}),
    Panel("Waiting for slow peers", "bytes", {"{{instance}}": total("mailbox_bytes", "instance")}),
    Panel("Heartbeat", "s", percentiles("heartbeat_rtt_seconds")),
    Panel("Limits hit", "ops", {"{{limit}}": rate("limits_hit_total", "limit")}),
    Panel("Noise on framed TCP", "Bps", {"": rate("noise_bytes_total")}),
    Panel("Tokens asked of the database", "ops", {"": rate("token_lookups_total")}),
    Panel("Draining", "short", {"{{instance}}: still to go": total("drain_remaining_connections", "instance"), "nodes that drain": total("draining")}),
))  # fmt: skip

DEPENDENCIES = Dashboard("dependencies", "Hubbub: dependencies", (
    Panel("Database connections", "short", {"in use": total("database_connections"), "at most": total("database_connections_limit"), "waiting": total("database_waiting")}),
    Panel("Wait for a connection", "s", percentiles("database_wait_seconds")),
    Panel("Waits given up", "ops", {"{{instance}}": rate("database_timeouts_total", "instance")}),
    Panel("Takes no writes", "short", {"{{instance}}": largest("journal_failing", "instance")}),
    Panel("Commit time", "s", percentiles("journal_commit_seconds")),
    Panel("Found in the cache", "percentunit", {"{{cache}}": share(HITS, f"({HITS} + {MISSES})")}),
    Panel("Copies: lag", "s", {"{{replica}}": largest("replica_lag_seconds", "replica")}),
    Panel("Copies: reads", "ops", {"answered": rate("replica_reads_total"), "behind": rate("replica_behind_total"), "failed": rate("replica_failures_total")}),
    Panel("Copies that answer", "short", {"{{instance}}": total("replicas", "instance")}),
    Panel("Bus: lag", "s", {"{{instance}}": largest("bus_lag_seconds", "instance")}),
    Panel("Bus: messages", "ops", {"sent": rate("bus_sent_total"), "heard": rate("bus_heard_total"), "dropped": rate("bus_dropped_total")}),
    Panel("Bus: up, and topics", "short", {"up {{instance}}": total("bus_up", "instance"), "topics {{instance}}": total("bus_topics", "instance")}),
    Panel("Features let go", "short", {"{{feature}}": largest("feature_off", "feature")}),
    Panel("Circuits (0 closed, 1 tried, 2 open)", "short", {"{{circuit}} {{instance}}": largest("circuit_state", "circuit, instance")}),
))  # fmt: skip

NODE = Dashboard("node", "Hubbub: one node", (
    Panel("Connections", "short", {"": total("connections")}, stat=True),
    Panel("Chats somebody listens to", "short", {"": total("channels")}, stat=True),
    Panel("Workers", "short", {"": total("workers")}, stat=True),
    Panel("Version", "short", {"{{version}}, Python {{python}}, {{database}}, bus {{bus}}": "hubbub_build_info{$where}"}, stat=True),
    Panel("Draining", "short", {"": total("draining")}, stat=True),
    Panel("Up for", "s", {"": "time() - min(process_start_time_seconds{$where})"}, stat=True),
    Panel("CPU", "percentunit", {"of one core": "sum(rate(process_cpu_seconds_total{$where}[$$__rate_interval]))"}),
    Panel("Memory", "bytes", {"resident": "sum(process_resident_memory_bytes{$where})", "limit": largest("memory_limit_bytes")}),
    Panel("Event loop lag", "s", percentiles("eventloop_lag_seconds")),
    Panel("Open files", "short", {"open": "sum(process_open_fds{$where})", "at most": "sum(process_max_fds{$where})"}),
    Panel("Disk of the data folder", "bytes", {"free": "min(hubbub_data_disk_free_bytes{$where})", "of": largest("data_disk_size_bytes")}),
    Panel("Workers that died", "ops", {"": rate("worker_restarts_total")}),
    Panel("Until the certificate of framed TCP ends", "s", {"": "min(hubbub_certificate_ends_timestamp_seconds{$where} > 0) - time()"}),
    Panel("Commands", "ops", {"{{command}}": f"topk(10, {rate('commands_total', 'command')} > 0)"}),
    Panel("Accepted and delivered", "ops", {"accepted": rate("entries_committed_total"), "delivered": rate("deliveries_total")}),
    Panel("Delivery latency", "s", percentiles("delivery_latency_seconds", "origin")),
), one_node=True)  # fmt: skip

DASHBOARDS = (OVERVIEW, MESSAGES, CONNECTIONS, DEPENDENCIES, NODE)


def grafana(dashboard: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana reads it."""
    return {
        "uid": f"hubbub-{dashboard.name}",
        "title": dashboard.title,
        "tags": ["hubbub"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["hubbub"], "title": "Hubbub", "asDropdown": True, "includeVars": True, "keepTime": True}],
        "templating": {"list": list(variables(dashboard))},
        "panels": list(panels(dashboard)),
    }  # fmt: skip


def variables(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """What is chosen at the top of the page."""
    yield {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    yield choice("namespace", "label_values(hubbub_build_info, namespace)", many=True)
    of_namespace = 'label_values(hubbub_build_info{namespace=~"$namespace"}, instance)'
    yield choice("node", of_namespace, many=not dashboard.one_node)


def choice(name: str, query: str, *, many: bool) -> dict[str, Any]:
    """Values of a label. Where nothing has the label, all of them is nothing as well, which `.*` matches."""
    every = {
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }
    asked = {"name": name, "type": "query", "datasource": SOURCE, "query": query, "refresh": 2, "sort": 1}
    return asked | (every if many else {})


def panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """In rows, as many as fit beside each other."""
    x = y = height = 0
    for number, panel in enumerate(dashboard.panels, 1):
        wide, high = (STAT_WIDTH, STAT_HEIGHT) if panel.stat else (WIDTH, HEIGHT)
        if x + wide > COLUMNS or (x and high != height):
            x, y = 0, y + height
        height = high
        yield _panel(panel, number) | {"gridPos": {"x": x, "y": y, "w": wide, "h": high}}
        x += wide


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": "stat" if panel.stat else "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"textMode": "value_and_name"} if any("{{" in legend for legend in panel.queries) and panel.stat else {},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": Template(expr).substitute(where=WHERE),
             "legendFormat": legend or panel.title, "exemplar": TRACED in expr}
            for place, (legend, expr) in enumerate(panel.queries.items())
        ],
    }  # fmt: skip


def files() -> dict[str, str]:
    """The JSON of each dashboard by its file's name."""
    made = {each.name: grafana(each) for each in DASHBOARDS}
    return {
        f"{name}.json": json.dumps(page, indent=1, ensure_ascii=False) + "\n" for name, page in made.items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text)
