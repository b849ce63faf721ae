"""One message's way, seen from outside: from its sender's `traceparent` to the fan-out on both nodes, through a collector that is not ours."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.cluster.collector import Collected, Collector, collecting
from tests.services.rotel import Rotel

from hubbub.operate.cluster.redis import Redis
from hubbub.testing.server_process import ServerProcess
from hubbub_client import Client
from hubbub_conformance.conversation import Stage
from tests.conftest import Servers

PATIENCE = 60
TRACES = iter(f"{number:032x}" for number in range(0xABC0, 0xABD0))
SPAN = "00f067aa0ba902b7"
README = Path(__file__).parents[2] / "clients" / "python" / "README.md"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture(scope="module")
def rotel(collector: Collector) -> Iterator[Rotel]:
    """Between the nodes and the collector, which only sees what Rotel understood and passed on."""
    service = Rotel(collector.root)
    service.start()
    yield service
    service.discard()


@pytest.fixture(scope="module")
def nodes(
    own_redis: Redis, rotel: Rotel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[ServerProcess]]:
    running = Servers(lambda: tmp_path_factory.mktemp("node"), own_redis.url)
    settings = {
        "HUBBUB_TRACE_ENDPOINT": rotel.endpoint,
        "HUBBUB_TRACE_RATIO": "0",
        "HUBBUB_TRACE_ASKED_PER_SECOND": "100",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    yield running.get(settings)
    running.stop()


@pytest.fixture
async def stage(nodes: list[ServerProcess]) -> AsyncIterator[Stage]:
    made = Stage(*nodes)
    yield made
    await made.ends()


async def whole(collector: Collector, trace: str, *names: str) -> list[Collected]:
    """The trace, once it has spans of these names and no others."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while len(spans := collector.of(trace)) < len(names) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.02)
    assert sorted(span.name for span in spans) == sorted(names)
    return spans


async def exemplars_of(node: ServerProcess) -> set[str]:
    """The traces that the buckets of a node's latency lead to, read as Prometheus reads them."""
    async with httpx.AsyncClient() as http:
        accept = {"accept": "application/openmetrics-text; version=1.0.0"}
        text = (await http.get(f"{node.internal}/metrics", headers=accept)).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = families["hubbub_delivery_latency_seconds"].samples
    return {sample.exemplar.labels["trace_id"] for sample in samples if sample.exemplar is not None}


async def test_a_message_is_one_trace_from_its_sender_to_the_fan_out_on_both_nodes(
    stage: Stage, nodes: list[ServerProcess], collector: Collector
) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    trace = next(TRACES)
    asked = {"msg_type": "group", "to": room, "content": "hi", "msg_id": "1"}
    sent = await alice.asks("send", **asked, traceparent=f"00-{trace}-{SPAN}-01")
    await bob.hears("message", seq=sent["seq"])

    spans = await whole(collector, trace, "send", "commit", "bus", "fan-out", "fan-out")
    by_name = {span.name: span for span in spans if span.name != "fan-out"}
    here, there = sorted((span for span in spans if span.name == "fan-out"), key=lambda each: each.began)
    if here.node != by_name["send"].node:
        here, there = there, here
    assert [by_name["send"].parent, by_name["commit"].parent] == [SPAN, by_name["send"].span]
    assert [by_name["bus"].parent, here.parent] == [by_name["commit"].span] * 2
    assert there.parent == by_name["bus"].span
    assert here.node == by_name["bus"].node != there.node
    assert by_name["send"].attributes == {"hubbub.user": alice.user, "hubbub.outcome": "ok"}
    assert there.attributes == {"hubbub.chat": room, "hubbub.seq": sent["seq"], "hubbub.deliveries": 1}
    assert all(span.began <= span.ended for span in spans)
    exemplars = [await exemplars_of(node) for node in nodes]
    assert all(trace in each for each in exemplars)
    lines = [json.loads(line) for node in nodes for line in node.log]
    assert trace in {line.get("trace", {}).get("id") for line in lines}


def of_the_readme() -> Callable[[], str | None]:
    """The function that the README of the Python SDK shows."""
    scripts = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names: dict[str, Callable[[], str | None]] = {}
    exec(next(script for script in scripts if "opentelemetry" in script), names)
    return names["traceparent"]


async def test_what_the_sdk_asks_in_a_span_of_its_program_is_of_that_trace(
    stage: Stage, nodes: list[ServerProcess], collector: Collector
) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    tracer = TracerProvider().get_tracer("a bot")
    async with Client(nodes[0].root, token=alice.person.token, traceparent=of_the_readme()) as client:
        await client.connect()
        with tracer.start_as_current_span("answer") as span:
            await client.send(room, "hi")
    trace, parent = f"{span.get_span_context().trace_id:032x}", f"{span.get_span_context().span_id:016x}"
    spans = await whole(collector, trace, "send", "commit", "bus", "fan-out")
    assert next(each for each in spans if each.name == "send").parent == parent


async def test_a_request_over_http_and_an_upgrade_are_spans_that_end(
    stage: Stage, collector: Collector
) -> None:
    alice = await stage.signs_up("alice")
    trace = next(TRACES)
    (await alice.http.post("/rooms", {"name": "a"}, traceparent=f"00-{trace}-{SPAN}-01")).gives(201)
    spans = {
        span.name: span for span in await whole(collector, trace, "HTTP", "create_room", "commit", "bus")
    }
    assert spans["create_room"].parent == spans["HTTP"].span
    assert spans["HTTP"].attributes == {
        "hubbub.http.request.method": "POST",
        "hubbub.http.route": "/api/v1/rooms",
        "hubbub.http.response.status_code": 201,
    }
    upgraded = next(TRACES)
    connection = await alice.opens(headers={"traceparent": f"00-{upgraded}-{SPAN}-01"})
    [span] = await whole(collector, upgraded, "GET /ws")
    assert span.attributes == {"hubbub.status": 101}
    await connection.greets()


async def test_who_does_not_ask_is_not_traced(stage: Stage, collector: Collector) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    unasked, last = next(TRACES), next(TRACES)
    for number, parent in enumerate((f"00-{unasked}-{SPAN}-00", "nonsense", f"00-{last}-{SPAN}-01")):
        asked = {"msg_type": "group", "to": room, "content": "hi", "msg_id": str(number)}
        await alice.asks("send", **asked, traceparent=parent)
    await whole(collector, last, "send", "commit", "bus", "fan-out")
    assert collector.of(unasked) == []
