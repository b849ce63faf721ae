"""What conversations leave in `/metrics` (docs/metrics.md)."""

import asyncio
import signal
from collections.abc import Callable

import pytest
from tests.services.readings import Readings

from hubbub.runtime.metrics import METRICS, PREFIX
from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.raw_websocket import HandshakeRejected
from hubbub_conformance.wires import WIRES

pytestmark = [
    pytest.mark.inside,
    pytest.mark.settings(
        HUBBUB_HEARTBEAT_MS=400,
        HUBBUB_LIMITS_SEND_BURST=3,
        HUBBUB_LIMITS_SEND_PER_SECOND=0.01,
        HUBBUB_PRESENCE_LINGER_SECONDS=0,
    ),
]
ELSEWHERE = {"bus_up", "bus_lag_seconds", "bus_topics", "bus_sent_total", "bus_dropped_total"} | {
    "bus_heard_total", "circuit_state", "workers", "worker_restarts_total"
}  # fmt: skip
"""Of a node that has others beside it."""


async def awaited(stage: Stage, reached: Callable[[Readings], bool]) -> Readings:
    """What is measured, once it is so."""
    async with asyncio.timeout(60):
        while not reached(readings := await asyncio.to_thread(Readings.of, stage.server.internal)):
            await asyncio.sleep(0.05)
    return readings


async def say(speaker: Connection, room: str, number: int, **fields: object) -> int:
    message = {"msg_type": "group", "to": room, "content": "x", "msg_id": str(number)}
    seq: int = (await speaker.asks("send", **message | fields))["seq"]
    return seq


async def test_a_conversation_is_counted(own_stage: Stage) -> None:
    stage = own_stage
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    stage.wire = WIRES["tcp+protobuf"]
    [carol] = await stage.people("carol")
    stage.wire = WIRES["websocket+json"]
    seqs = [await say(alice, room, number) for number in range(3)]
    for seq in seqs:
        await bob.hears("message", seq=seq)
    again = {"msg_type": "group", "to": room, "content": "x"}
    await alice.is_refused("rate_limited", "send", msg_id="too much", **again)
    await carol.is_refused("not_a_member", "send", msg_id="1", **again)
    with pytest.raises(HandshakeRejected):
        await bob.person.opens(origin="https://evil.example")
    cursors, epoch = {room: seqs[0]}, bob.welcome["epoch"]
    await bob.leaves()
    back = await bob.person.opens()
    await back.greets(cursors=cursors, epoch=epoch)
    for seq in seqs[1:]:
        await back.hears("message", seq=seq)
    await carol.drops()
    seen = (await awaited(stage, lambda each: each.value("hubbub_connections") == 2)).value
    assert seen("hubbub_connections", transport="websocket", codec="json", state="open") == 2
    assert seen("hubbub_connections_opened_total", transport="websocket") == 3
    assert seen("hubbub_connections_opened_total", transport="tcp") == 1
    assert seen("hubbub_connections_closed_total", code="1000") == 1
    assert seen("hubbub_connections_closed_total", code="1006") == 1
    assert seen("hubbub_handshakes_refused_total", reason="origin") == 1
    assert seen("hubbub_commands_total", command="send", outcome="ok") == 3
    assert seen("hubbub_commands_total", command="send", outcome="rate_limited") == 1
    assert seen("hubbub_commands_total", command="send", outcome="not_a_member") == 1
    assert seen("hubbub_commands_total", command="send", outcome="internal") == 0
    assert seen("hubbub_commands_total", command="hello", outcome="ok") == 4
    assert seen("hubbub_command_duration_seconds_count", command="send") == 5
    assert seen("hubbub_limits_hit_total", limit="send") == 1
    assert seen("hubbub_entries_committed_total") == 5  # two came, and three messages
    assert seen("hubbub_delivery_latency_seconds_count", origin="local") >= 2 * 3
    assert seen("hubbub_delivery_latency_seconds_bucket", origin="local", le="10") > 0
    assert seen("hubbub_delivery_latency_seconds_count", origin="remote") == 0
    assert seen("hubbub_recoveries_total", outcome="replayed") == 1
    assert seen("hubbub_replayed_entries_total") == 2
    commits = seen("hubbub_journal_commits_total")
    assert seen("hubbub_journal_batch_size_count") == seen("hubbub_journal_commit_seconds_count") == commits
    assert seen("hubbub_cache_hits_total", cache="chats") > 0
    assert (seen("hubbub_draining"), seen("hubbub_drain_remaining_connections")) == (0, 0)
    await counted_down(stage)


async def counted_down(stage: Stage) -> None:
    """Who leaves a draining server. The internal port answers as long as somebody is left."""
    stage.server.signal(signal.SIGTERM)
    seen = (await awaited(stage, lambda each: each.value("hubbub_draining") == 1)).value
    assert seen("hubbub_drain_remaining_connections") == 2
    await stage.ends()
    assert stage.server.wait() == 0


async def test_a_silent_client_answers_a_ping_in_some_time(stage: Stage) -> None:
    stage.wire = WIRES["tcp+json"]
    people = await stage.people("alice")
    stage.wire = WIRES["websocket+json"]
    people += await stage.people("bob")
    reading = [asyncio.create_task(each.next("nothing")) for each in people]
    seen = await awaited(stage, lambda each: each.value("hubbub_heartbeat_rtt_seconds_count") >= 4)
    assert seen.value("hubbub_heartbeat_rtt_seconds_bucket", le="10") > 0
    for each in reading:
        each.cancel()


async def test_everything_declared_is_measured_and_promtool_has_nothing_to_say(stage: Stage) -> None:
    readings = await awaited(stage, lambda each: each.value("hubbub_eventloop_lag_seconds_count") > 0)
    told = {line.split(" ")[2] for line in readings.text.splitlines() if line.startswith("# TYPE")}
    ours = {name.removeprefix(PREFIX) for name in told if name.startswith(PREFIX)}
    assert ours == {metric.name for metric in METRICS} - ELSEWHERE
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= told
    seen = readings.value
    assert 0 < seen("process_resident_memory_bytes") < seen("hubbub_memory_limit_bytes")
    assert 0 < seen("hubbub_data_disk_free_bytes") < seen("hubbub_data_disk_size_bytes")
    assert seen("hubbub_build_info", database="sqlite", bus="none") == 1
    assert readings.complaints() == ""
