"""Kibana's saved searches, one for each question an operator asks at night, as NDJSON for its import.

python3 deploy/elk/saved_searches.py > searches.ndjson
curl -X POST "$KIBANA_URL/api/saved_objects/_import?overwrite=true" -H "kbn-xsrf: true" -F file=@searches.ndjson
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

VIEW = "hubbub"


class Question(NamedTuple):
    """`messages`: what the lines say that answer it; or `query`: KQL. `columns`: the fields to show beside the message."""

    messages: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    query: str = ""

    @property
    def kql(self) -> str:
        """The search as Kibana takes it."""
        return self.query or f"message.keyword: ({' or '.join(json.dumps(each) for each in self.messages)})"


QUESTIONS: Mapping[str, Question] = {
    "What went wrong?": Question(
        (), ("log.level", "error.message"), 'log.level: ("warning" or "error" or "critical")'
    ),
    "Was it a bug of ours?": Question((), ("error.stack_trace",), "error.stack_trace: *"),
    "Which lines are no JSON?": Question((), (), "error.type: json"),
    "Did a node start or end?": Question(("serving", "draining", "ended"), ("url", "connections")),
    "Does the database take writes?": Question(
        (
            "the database does not take writes; nothing is acknowledged",
            "the database takes writes again",
            "proposal refused by the database",
            "background work waits for the database",
        ),
        ("log.level", "error.message"),
    ),
    "Were commits undecided?": Question(
        ("commit failed; finding out whether it happened", "cursors of the last second were not kept"),
        ("error.message",),
    ),
    "May acknowledged messages be lost in a crash?": Question(
        ("acknowledged messages may be lost in a crash of the database",), ("settings",)
    ),
    "Do log-outs take effect?": Question(
        ("revocations cannot be read; retrying every second", "revocations are read again"),
        ("error.message",),
    ),
    "Are the identity provider's keys read?": Question(
        ("no key set there; the known keys stay",), ("keys", "error.message")
    ),
    "Are traces taken?": Question(("traces are not taken",), ("endpoint", "error.message", "repeated")),
    "What do libraries say?": Question((), ("log.logger", "log.level", "repeated"), "log.logger: *"),
    "Which requests and commands failed?": Question(
        (
            "a bug answered with 500",
            "command failed",
            "a client's lane failed",
            "an answer could not be given",
        ),
        ("method", "path", "command"),
    ),
    "Which requests were refused, and to whom?": Question(
        ("request refused",),
        (
            "error.code",
            "error.message",
            "user.id",
            "event.action",
            "http.route",
            "chat",
            "source.address",
            "trace.id",
        ),
    ),
    "Which requests failed, or were slow?": Question(
        ("request failed", "request slow"),
        (
            "error.code",
            "event.duration",
            "user.id",
            "event.action",
            "http.route",
            "source.address",
            "trace.id",
        ),
    ),
    "Who was not let in?": Question(
        ("handshake refused", "a trusted proxy sends no PROXY header; is it told to?"),
        ("http.response.status_code", "error.message", "source.address"),
    ),
    "Why do connections end?": Question(
        ("connection ended",),
        (
            "close_code",
            "reason",
            "user.id",
            "source.address",
            "event.duration",
            "stalls",
            "round_trip_ms",
            "retransmits",
        ),
    ),
    "Which features were let go, and why?": Question(
        ("features let go under load changed",), ("off", "late_seconds", "waiting_bytes")
    ),
    "Whose clients are too slow?": Question(
        (), ("user.id", "source.address", "round_trip_ms", "retransmits", "delivered"), "stalls > 0"
    ),
    "What became of one trace?": Question(
        (), ("user.id", "event.action", "chat", "event.outcome", "event.duration"), "trace.id: *"
    ),
    "Is the log itself whole?": Question(
        (
            "log lines were left out",
            "log lines were left out: nobody reads them fast enough",
        ),
        ("kind", "lines"),
    ),
    "Is there a forecast to scale by?": Question(
        ("forecast", "no new forecast; the last one goes on"),
        ("series", "model", "wape", "trusted", "peak", "error.message"),
    ),
}


def saved_objects() -> Iterator[dict[str, Any]]:
    """The data view, then the searches on it."""
    yield {
        "type": "index-pattern",
        "id": VIEW,
        "attributes": {"title": "logs-hubbub-*", "name": "Hubbub", "timeFieldName": "@timestamp"},
        "references": [],
    }
    for number, (title, question) in enumerate(QUESTIONS.items(), 1):
        source = {
            "query": {"language": "kuery", "query": question.kql},
            "filter": [],
            "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
        }
        yield {
            "type": "search",
            "id": f"{VIEW}-{number}",
            "attributes": {
                "title": f"Hubbub: {title}",
                "columns": ["message", *question.columns],
                "sort": [["@timestamp", "desc"]],
                "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
            },
            "references": [{"name": source["indexRefName"], "type": "index-pattern", "id": VIEW}],
        }


if __name__ == "__main__":
    for each in saved_objects():
        print(json.dumps(each))
