"""One client's conversation, from the first byte to the last: states, order of answers, floods."""

import asyncio

import pytest
from tests.unit.accept.node import Node

from hubbub.codec.websocket_frames import TEXT
from hubbub.dispatch.session import CLOSED, OPEN
from hubbub.model import commands as c
from hubbub.model.errors import CommitUnknownError


@pytest.fixture
def node() -> Node:
    return Node("alice", "bob")


async def test_before_hello_every_other_request_is_unauthenticated(node: Node) -> None:
    client = node.connect()
    number = client.say("ping")
    await node.settle()
    (error,) = client.heard()
    assert (error["id"], error["code"]) == (number, "unauthenticated")
    client.say("hello", token="alice")
    await node.settle()
    assert client.types() == ["welcome"]


async def test_a_second_hello_is_a_bad_request_and_the_conversation_goes_on(node: Node) -> None:
    client = await node.enter("alice")
    client.heard()
    client.say("hello", token="bob")
    client.say("ping")
    await node.settle()
    assert [(each["type"], each.get("code")) for each in client.heard()] == [
        ("error", "bad_request"),
        ("pong", None),
    ]
    assert client.connection.caller.user == "alice"


@pytest.mark.parametrize(
    ("token", "code", "closed"), [("bad", "unauthenticated", 4500), ("down", "unavailable", 4000)]
)
async def test_a_failed_hello_gets_its_error_then_the_close(
    node: Node, token: str, code: str, closed: int
) -> None:
    client = node.connect()
    client.say("hello", token=token)
    await node.settle()
    error, bye = client.heard()
    assert (error["id"], error["code"], bye["type"], bye["code"]) == (1, code, "bye", closed)
    assert client.connection.state == CLOSED


async def test_a_hello_without_any_token_is_unauthenticated(node: Node) -> None:
    client = node.connect()
    client.say("hello")
    await node.settle()
    assert [each["code"] for each in client.heard()] == ["unauthenticated", 4500]


async def test_the_authorization_header_serves_for_a_token(node: Node) -> None:
    client = node.connect(b"Authorization: Bearer alice\r\n")
    client.say("hello")
    await node.settle()
    (welcome,) = client.heard()
    assert welcome["user"] == "alice"


async def test_the_welcome_says_who_where_and_how(node: Node) -> None:
    room = await node.place.room("alice")
    client = node.connect()
    client.say("hello", token="alice", device="phone", cursors={"rgone": 5})
    await node.settle()
    (welcome,) = client.heard()
    assert (welcome["id"], welcome["device"], welcome["epoch"], welcome["session"]) == (
        1,
        "phone",
        "e1",
        "s-alice",
    )
    assert (welcome["server_time"], welcome["heartbeat_ms"]) == (node.clock(), 30_000)
    assert ([each["chat"] for each in welcome["chats"]], welcome["gone"], welcome["more"]) == (
        [room],
        ["rgone"],
        False,
    )


async def test_who_gives_no_device_gets_one_of_their_own(node: Node) -> None:
    one, other = await node.enter("alice"), await node.enter("alice")
    devices = {client.heard()[0]["device"] for client in (one, other)}
    assert len(devices) == 2


async def test_what_is_asked_behind_hello_waits_for_the_welcome(node: Node) -> None:
    client = node.connect()
    for kind in ("hello", "ping", "chats", "ping"):
        client.say(kind, **({"token": "alice"} if kind == "hello" else {}))
    await node.settle()
    assert client.types() == ["welcome", "pong", "chats", "pong"]


async def test_the_reply_precedes_the_push_of_its_own_entry(node: Node) -> None:
    room = await node.place.room("alice")
    client = await node.enter("alice")
    client.heard()
    client.say("send", msg_type="group", to=room, content="x", msg_id="m")
    await node.settle()
    assert client.types() == ["sent", "message"]


async def test_malformed_envelopes_are_answered_and_the_connection_stays(node: Node) -> None:
    client = await node.enter("alice")
    client.heard()
    client.send(TEXT, b"{")
    client.send(TEXT, b'{"type":"ping","id":9,"x":1}')
    await node.settle()
    assert [(each.get("id"), each["code"]) for each in client.heard()] == [
        (None, "bad_request"),
        (9, "bad_request"),
    ]
    assert client.connection.state == OPEN


async def test_who_keeps_flooding_past_refusals_is_closed_with_4029(node: Node) -> None:
    client = node.connect()
    for _ in range(25):
        client.say("ping")
    await node.settle()
    heard = client.heard()
    assert [each["code"] for each in heard] == ["unauthenticated"] * 21 + [4029]
    assert heard[-1]["reconnect_in_ms"] > 0


async def test_one_connection_too_many_is_closed_with_4503_also_when_all_come_at_once() -> None:
    node = Node("alice", per_user=2)
    node.waiting = asyncio.Event()
    clients = [node.connect() for _ in range(3)]
    for client in clients:
        client.say("hello", token="alice")
    node.waiting.set()
    await node.settle()
    assert sorted(client.types()[0] for client in clients) == ["bye", "welcome", "welcome"]
    await node.settle()
    assert [client.connection.state for client in clients].count(OPEN) == 2


async def test_a_session_revoked_while_its_hello_was_read_is_not_opened(node: Node) -> None:
    node.revoked.add("s-alice")
    client = await node.enter("alice")
    assert [each["code"] for each in client.heard()] == [4501]
    assert not node.presence.online("alice")


async def test_too_much_asked_at_once_is_not_read_until_it_is_done(node: Node) -> None:
    node.waiting = asyncio.Event()
    client = node.connect()
    client.say("hello", token="alice")
    for _ in range(8):
        client.say("ping")
    assert not client.transport.reading
    node.waiting.set()
    await node.settle()
    assert client.transport.reading
    assert client.types() == ["welcome", *["pong"] * 8]


async def test_what_nobody_can_answer_truthfully_closes_with_4000(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await node.place.room("alice")
    client = await node.enter("alice")
    client.heard()
    monkeypatch.setattr(node.journal, "submit", lambda _proposal, done: done(CommitUnknownError()))
    client.say("send", msg_type="group", to=room, content="x", msg_id="m")
    await node.settle()
    (bye,) = client.heard()
    assert (bye["type"], bye["code"]) == ("bye", 4000)


async def test_a_bug_is_internal_and_says_nothing_of_itself(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await node.place.room("alice")
    client = await node.enter("alice")
    client.heard()
    monkeypatch.setattr(node.journal, "submit", lambda _proposal, done: done(ValueError("secret")))
    client.say("send", msg_type="group", to=room, content="x", msg_id="m")
    await node.settle()
    (error,) = client.heard()
    assert error["code"] == "internal"
    assert "secret" not in error["message"]


async def test_typing_where_one_is_not_is_refused_without_an_id(node: Node) -> None:
    client = await node.enter("alice")
    client.heard()
    client.send(TEXT, b'{"type":"typing","chat":"rnone","on":true}')
    await node.settle()
    assert [each.get("code") for each in client.heard()] == ["not_found"]


async def test_the_last_connection_of_a_user_makes_them_linger_then_offline(node: Node) -> None:
    one, other = await node.enter("alice"), await node.enter("alice")
    one.lose()
    node.presence.tick(node.clock.advance(60_000))
    assert node.presence.online("alice")
    left = node.clock()
    other.lose()
    node.presence.tick(node.clock.advance(29_999))
    assert node.presence.online("alice")
    node.presence.tick(node.clock.advance(1))
    assert not node.presence.online("alice")
    assert node.gone == {"alice": left}
    assert node.hub.local("alice") is None


# ── resuming ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def talk(node: Node, room: str, count: int) -> None:
    for number in range(count):
        await node.place.ask(
            "bob", c.Send, msg_type="group", to=room, content="x", msg_id=f"{node.clock()}-{number}"
        )


async def test_what_was_missed_is_replayed_and_the_flow_goes_on(node: Node) -> None:
    room = await node.place.room("alice", "bob")
    await talk(node, room, 250)
    client = await node.enter("alice", cursors={room: 10})
    node.clock.advance(1)
    await talk(node, room, 3)
    await node.settle()
    heard = client.heard()
    assert [each["seq"] for each in heard if "seq" in each] == list(range(11, 256))
    assert not [each for each in heard if each["type"] == "resync"]


@pytest.mark.parametrize(
    ("cursor", "epoch", "after", "reset"),
    [(1, "e1", 1, None), (9_999, "e1", 0, True), (600, "other", 0, True)],
)
async def test_what_is_not_replayed_is_announced(
    node: Node, cursor: int, epoch: str, after: int, reset: bool | None
) -> None:
    """602 entries; more than 500 missed, a cursor beyond the head, a cursor of another epoch."""
    room = await node.place.room("alice", "bob")
    await talk(node, room, 600)
    client = await node.enter("alice", cursors={room: cursor}, epoch=epoch)
    _, hole = client.heard()
    assert (hole["type"], hole["after"], hole["next"], hole.get("reset")) == ("resync", after, 603, reset)
    node.clock.advance(1)
    await talk(node, room, 1)
    await node.settle()
    assert [each["seq"] for each in client.heard()] == [603]


async def test_a_welcome_of_changed_chats_lists_only_those(node: Node) -> None:
    quiet, busy = await node.place.room("alice"), await node.place.room("alice")
    client = await node.enter("alice", cursors={quiet: 1, busy: 0}, chats="changed")
    welcome, joined = client.heard()
    assert [each["chat"] for each in welcome["chats"]] == [busy]
    assert (joined["chat"], joined["seq"]) == (busy, 1)


async def test_a_welcome_without_chats_gives_heads(node: Node) -> None:
    room = await node.place.room("alice", "bob")
    client = await node.enter("alice", chats="none")
    (welcome,) = client.heard()
    assert (welcome["chats"], welcome["heads"]) == ([], {room: 2})


async def test_a_new_room_is_pushed_before_its_first_entry(node: Node) -> None:
    client = await node.enter("alice")
    client.heard()
    made = await node.place.room("alice")
    await node.settle()
    chat, joined = client.heard()
    assert (chat["type"], chat["chat"], chat["head"]) == ("chat", made, 0)
    assert (joined["type"], joined["seq"], joined["change"]) == ("member", 1, "joined")


async def test_who_was_kicked_hears_of_it_and_of_nothing_after(node: Node) -> None:
    room = await node.place.room("bob", "alice")
    client = await node.enter("alice")
    client.heard()
    await node.place.ask("bob", c.Kick, chat=room, user="alice")
    await talk(node, room, 3)
    await node.settle()
    assert [each["change"] for each in client.heard()] == ["kicked"]
