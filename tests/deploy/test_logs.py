"""What deploy/elk expects of a log line, against the lines that a real server writes and those that the source can write."""

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from tests.deploy.places import DEPLOY, ROOT

from hubbub.testing.server_process import ServerProcess

TEMPLATE = json.loads((DEPLOY / "elk" / "index-template.json").read_text())
FORMATTED = {"@timestamp", "message", "message.keyword", "log.level", "ecs.version", "error.stack_trace"}
BY_FILEBEAT = {"error.type"}  # of a line that is no JSON
LOGS = re.compile(r"log\.(debug|info|warning|error|exception|critical)")
RENAMED = {"error": "error.message", "exc_info": "error.stack_trace"}


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SEARCHES = load(DEPLOY / "elk" / "saved_searches.py")


def calls() -> Iterator[ast.Call]:
    """Every call of a logger below src."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and LOGS.fullmatch(ast.unparse(node.func)):
                yield node


MESSAGES = {call.args[0].value for call in calls() if isinstance(call.args[0], ast.Constant)}
WRITTEN = FORMATTED | {
    RENAMED.get(word.arg or "", word.arg or "") for call in calls() for word in call.keywords
}


def declared(properties: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, mapping in properties.items():
        yield from declared(mapping.get("properties", {}) | mapping.get("fields", {}), f"{prefix}{name}.")
        if "type" in mapping:
            yield prefix + name


def flat(line: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in line.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """From a start to an end."""
    server = ServerProcess(tmp_path_factory.mktemp("server"), {})
    server.start()
    server.stop()
    return [json.loads(line) for line in server.log]


def test_a_real_server_writes_what_every_line_has(lines: list[dict[str, Any]]) -> None:
    assert {"serving", "draining", "ended"} <= {line["message"] for line in lines}
    for line in lines:
        assert set(flat(line)) >= {"@timestamp", "message", "log.level", "ecs.version"}


def test_a_field_is_a_text_or_an_object_never_both(lines: list[dict[str, Any]]) -> None:
    """Elasticsearch refuses the line that comes second, and with it what it says."""
    seen = {name for line in lines for name in flat(line)}
    names = seen | WRITTEN | set(declared(TEMPLATE["template"]["mappings"]["properties"]))
    assert [
        name for name in names if any(other.startswith(f"{name}.") for other in names - {"message.keyword"})
    ] == []


def test_every_field_declared_is_written() -> None:
    fields = set(declared(TEMPLATE["template"]["mappings"]["properties"]))
    assert fields - WRITTEN - BY_FILEBEAT == set()


@pytest.mark.parametrize("title", SEARCHES.QUESTIONS)
def test_a_search_finds_what_is_written(title: str) -> None:
    question = SEARCHES.QUESTIONS[title]
    assert set(question.messages) <= MESSAGES
    assert set(question.columns) <= WRITTEN
    assert set(re.findall(r"([@\w.]+):", question.query)) <= WRITTEN | BY_FILEBEAT
    assert bool(question.messages) != bool(question.query)


def test_kibana_is_given_a_view_and_searches_on_it() -> None:
    view, *searches = SEARCHES.saved_objects()
    assert [view["attributes"]["title"]] == TEMPLATE["index_patterns"]
    for search in searches:
        assert [reference["id"] for reference in search["references"]] == [view["id"]]
        assert json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])["query"]["query"]


def test_filebeat_writes_where_the_template_waits() -> None:
    config = yaml.safe_load((DEPLOY / "elk" / "filebeat.yml").read_text())
    index = config["output.elasticsearch"]["index"]
    assert re.fullmatch(TEMPLATE["index_patterns"][0].replace("*", ".*"), index)
