"""History from Prometheus, over its HTTP API (query_range)."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from hubbub.operate.forecast.series import HistoryRefusedError, Point

TIMEOUT_SECONDS = 30.0
LARGEST_ANSWER = 16 * 2**20  # bytes; Prometheus itself stops at 11,000 points, which are half a megabyte

QUERIES: Mapping[str, str] = {
    "connections": "sum(hubbub_connections{where})",
    "messages": "sum(rate(hubbub_entries_committed_total{where}[{step:.0f}s]))",
}


def query(name: str, where: str, step: float) -> str:
    """PromQL of a series; `where`: label matchers, such as `namespace="chat"`."""
    text = QUERIES[name].replace("{where}", f"{{{where}}}" if where else "")
    return text.replace("{step:.0f}", f"{max(step, 60):.0f}")


def read(url: str, promql: str, since: float, until: float, step: float) -> list[Point]:
    """What the query gave between two moments. Raises HistoryRefusedError for everything Prometheus may do wrong."""
    asked = urllib.parse.urlencode({"query": promql, "start": since, "end": until, "step": step})
    return _points(_ask(f"{url.rstrip('/')}/api/v1/query_range?{asked}"), promql)


def _ask(url: str) -> Any:  # noqa: ANN401 - JSON
    if not url.startswith(("http://", "https://")):
        raise HistoryRefusedError(f"{url.partition('?')[0]} is no http:// or https:// address")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked above
            return json.loads(answer.read(LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        raise HistoryRefusedError(
            f"Prometheus answered {error.code}: {error.read(500).decode(errors='replace')}"
        ) from error
    except (OSError, ValueError) as error:
        raise HistoryRefusedError(f"Prometheus cannot be read: {error}") from error


def _points(answer: Any, promql: str) -> list[Point]:  # noqa: ANN401 - JSON
    try:
        result = answer["data"]["result"]
        if len(result) > 1:
            raise HistoryRefusedError(f"{promql} gave {len(result)} series instead of one")
        return [(float(time), float(value)) for each in result for time, value in each["values"]]
    except (KeyError, TypeError, ValueError) as error:
        raise HistoryRefusedError("what answered is no Prometheus") from error
