"""What the log says of a conversation: every request, every connection, and nothing that was said."""

import asyncio
import json
from typing import Any

import pytest
from tests.overheard import leaves

from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Stage
from hubbub_conformance.raw_websocket import HandshakeRejected

pytestmark = [
    pytest.mark.inside,
    pytest.mark.settings(
        HUBBUB_LOG_REQUESTS="all", HUBBUB_LOG_LINES_PER_SECOND=0, HUBBUB_TRUSTED_PROXIES="127.0.0.1"
    ),
]
NAMES = {"http_response_status_code": "http.response.status_code", "close_code": "close_code"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PATIENCE = 60
HELLO_JOIN_PINGS_RENAME, HELLO_PING = 4, 2
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class Log:
    """The lines of a server, which come a moment after what they tell."""

    def __init__(self, server: ServerProcess) -> None:
        self.whole = server.log

    def _found(self, message: str, wanted: dict[str, object]) -> list[dict[str, Any]]:
        said = [dict(leaves(json.loads(line))) for line in self.whole if message in line]
        fields = {NAMES.get(name, name.replace("_", ".", 1)): value for name, value in wanted.items()}
        fields["message"] = message
        return [line for line in said if all(line.get(name) == value for name, value in fields.items())]

    async def lines(self, message: str, count: int = 1, **wanted: object) -> list[dict[str, Any]]:
        """So many with this message and these fields (`user_id` is `user.id`), and no more of them."""
        async with asyncio.timeout(PATIENCE):
            while len(found := self._found(message, wanted)) < count:
                await asyncio.sleep(0.02)
        assert len(found) == count
        return found


@pytest.fixture
def log(playing: list[ServerProcess]) -> Log:
    return Log(playing[0])


@pytest.mark.wires("websocket+json", "tcp+protobuf")
async def test_every_command_has_a_line_and_every_connection_one_at_its_end(stage: Stage, log: Log) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.asks("send", msg_type="group", to=room, content="a body", msg_id="1", traceparent=PARENT)
    await bob.hears("message", content="a body")
    await bob.is_refused("forbidden", "rename", chat=room, name="mine")
    await bob.leaves()
    back = await bob.person.connects(cursors={room: 1})
    await back.catches_up()
    await back.leaves()

    [sent] = await log.lines("request", event_action="send", user_id=alice.user)
    assert (sent["user.id"], sent["chat"], sent["trace.id"]) == (alice.user, room, TRACE)
    assert (sent["source.address"], sent["wire"]) == ("127.0.0.1", stage.wire.name)
    assert sent["event.outcome"] == "success"
    assert sent["event.duration"] >= 0
    [refused] = await log.lines("request refused", event_action="rename", user_id=bob.user)
    assert (refused["user.id"], refused["error.code"]) == (bob.user, "forbidden")
    assert "owner" in refused["error.message"]

    transport, _, codec = stage.wire.name.partition("+")
    first, second = await log.lines("connection ended", 2, user_id=bob.user)
    assert (first["transport"], first["codec"], first["source.address"]) == (transport, codec, "127.0.0.1")
    assert (first["commands"], second["commands"]) == (HELLO_JOIN_PINGS_RENAME, HELLO_PING)
    assert (first["refused"], first["delivered"], first["stalls"], first["resumed_chats"]) == (1, 2, 0, 0)
    assert first["source.bytes"] > 0 < first["destination.bytes"]
    assert (second["resumed_chats"], second["delivered"]) == (1, back.flow.positions[room] - 1)
    assert not any("a body" in line for line in log.whole)


async def test_a_request_over_http_has_a_line_without_its_query(stage: Stage, log: Log) -> None:
    alice = await stage.signs_up("alice")
    stage.client.headers["x-forwarded-for"] = "198.51.100.9, 192.0.2.7"
    (await alice.http.get("/rooms", query="needle")).gives(200)
    (await alice.http.get("/rooms", nonsense="needle")).gives(400)
    (await stage.stranger.get("/me")).gives(401)
    (await stage.stranger.get("/no/such/needle")).gives(404)

    [found] = await log.lines("request", http_route="/api/v1/rooms", user_id=alice.user)
    assert (found["http.request.method"], found["http.response.status_code"]) == ("GET", 200)
    assert (found["user.id"], found["source.address"]) == (alice.user, "192.0.2.7")
    [malformed] = await log.lines("request refused", http_response_status_code=400, user_id=alice.user)
    assert (malformed["http.route"], malformed["error.code"]) == ("/api/v1/rooms", "bad_request")
    here = {"source_address": "192.0.2.7"}
    [stranger] = await log.lines("request refused", error_code="unauthenticated", **here)
    assert "user.id" not in stranger
    assert await log.lines("request refused", error_code="not_found", **here)
    assert not any("needle" in line or "nonsense" in line for line in log.whole)


async def test_what_a_refusal_quotes_of_the_request_is_left_out(stage: Stage, log: Log) -> None:
    [alice] = await stage.people("alice")
    for number, wrong in enumerate(
        ({"msg_type": "the body's"}, {"the body's": 1}, {"type": "the body's"}), 91
    ):
        envelope = {
            "type": "send",
            "id": number,
            "msg_type": "group",
            "to": "r",
            "content": "x",
            "msg_id": "1",
        }
        await alice.sends(envelope | wrong)
    await alice.asks("ping")
    lines = await log.lines("request refused", 3, error_code="bad_request", user_id=alice.user)
    said = [line["error.message"] for line in lines]
    assert said[0].startswith("Invalid enum value …")
    assert not any("body" in each for each in said)


async def test_who_is_not_let_in_has_a_line_that_says_why(stage: Stage, log: Log) -> None:
    alice = await stage.signs_up("alice")
    with pytest.raises(HandshakeRejected):
        await alice.opens(origin="https://elsewhere.example")
    stranger = await alice.opens()
    await stranger.is_refused("unauthenticated", "hello", token="forged")
    await stranger.is_closed(4500)
    await stranger.drops()
    [refused] = await log.lines("handshake refused")
    assert refused["http.response.status_code"] == 403
    assert "https://elsewhere.example" in refused["error.message"]
    [hello] = await log.lines("request refused", event_action="hello")
    assert hello["error.code"] == "unauthenticated"
    [end] = await log.lines("connection ended", close_code=4500)
    assert (end["close_code"], end["commands"], end["refused"]) == (4500, 1, 1)
    assert "user.id" not in end


@pytest.mark.settings(
    HUBBUB_TRACE_ENDPOINT="http://somebody:secret@127.0.0.1:9/v1/traces",
    HUBBUB_TRACE_RATIO=1,
    OTEL_BSP_SCHEDULE_DELAY=50,
)
async def test_where_nobody_takes_traces_one_line_says_so(stage: Stage, log: Log) -> None:
    """The library that sends them once wrote a traceback of its own for each batch, as plain text between the lines of JSON."""
    [alice] = await stage.people("alice")
    await alice.asks("ping")
    [line] = await log.lines("traces are not taken")
    assert (line["endpoint"], line["log.level"]) == ("http://127.0.0.1:9/v1/traces", "warning")
    assert "error" in line["error.message"]
