"""What deploy/elk expects of a log line, against the lines that a real server writes and those that the source can write."""

import ast
import asyncio
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
from hubbub_conformance.conversation import Stage
from hubbub_conformance.raw_websocket import HandshakeRejected

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


def dicts() -> Iterator[dict[str, object]]:
    """What modules that write lines put together before: names, and values where they stand there."""
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text()
        if "structlog.get_logger" in text or "structlog.configure" in text or "Asked(" in text:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Dict):
                    pairs = zip(node.keys, node.values, strict=True)
                    yield {
                        key.value: value.value if isinstance(value, ast.Constant) else None
                        for key, value in pairs
                        if isinstance(key, ast.Constant) and isinstance(key.value, str)
                    }


MESSAGES = {call.args[0].value for call in calls() if isinstance(call.args[0], ast.Constant)}
MESSAGES |= {each["event"] for each in dicts() if "event" in each}
FIELDS = {name for each in dicts() for name in each} - {"event", "error"}
WRITTEN = (
    FORMATTED
    | FIELDS
    | {RENAMED.get(word.arg, word.arg) for call in calls() for word in call.keywords if word.arg}
)


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
    """From a start to an end, with what every kind of request and connection writes."""
    server = ServerProcess(tmp_path_factory.mktemp("server"), {"HUBBUB_LOG_REQUESTS": "all"})
    server.start()
    asyncio.run(some_requests(Stage(server)))
    server.stop()
    return [json.loads(line) for line in server.log]


async def some_requests(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.is_refused("not_found", "join", chat="nowhere")
    (await alice.http.get("/me")).gives(200)
    (await stage.stranger.get("/me")).gives(401)
    with pytest.raises(HandshakeRejected):
        await alice.person.opens(origin="https://elsewhere.example")
    await stage.ends()


def test_a_real_server_writes_what_every_line_has(lines: list[dict[str, Any]]) -> None:
    started = {"serving", "draining", "ended"}
    asked = {"request", "request refused", "connection ended", "handshake refused"}
    assert started | asked <= {line["message"] for line in lines}
    for line in lines:
        assert set(flat(line)) >= {"@timestamp", "message", "log.level", "ecs.version"}


def test_a_field_is_a_text_or_an_object_never_both(lines: list[dict[str, Any]]) -> None:
    """Elasticsearch refuses the line that comes second, and with it what it says."""
    seen = {name for line in lines for name in flat(line)}
    assert seen <= WRITTEN
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
