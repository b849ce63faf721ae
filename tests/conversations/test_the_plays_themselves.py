"""What the plays rely on: an envelope off the contract, a hole, a surprise is seen, whatever the play is about."""

from typing import Any

import pytest

from hubbub_conformance.contract import Breach, Flow, check_envelope
from hubbub_conformance.conversation import Stage, Unheard

MESSAGE = {
    "type": "message", "chat": "r", "seq": 3, "ts": 1, "from": "bob", "msg_id": "1", "msg_type": "group", "to": "r",
    "content": "hi",
}  # fmt: skip
WELCOME = {
    "type": "welcome", "id": 1, "user": "ann", "device": "d", "session": "s", "epoch": "e", "server_time": 1,
    "heartbeat_ms": 1, "chats": [], "more": False, "gone": [], "heads": {"r": 2},
}  # fmt: skip
KICKED = {
    "type": "member",
    "chat": "r",
    "seq": 3,
    "ts": 1,
    "from": "bob",
    "user": "ann",
    "change": "kicked",
}


@pytest.mark.parametrize("envelope", [MESSAGE, WELCOME, KICKED], ids=lambda each: each["type"])
def test_what_the_contract_says_passes(envelope: dict[str, Any]) -> None:
    check_envelope(envelope)


@pytest.mark.parametrize(
    "envelope",
    [
        MESSAGE | {"surprise": 1}, MESSAGE | {"seq": "3"}, MESSAGE | {"seq": True}, MESSAGE | {"deleted": True},
        {name: value for name, value in MESSAGE.items() if name != "content"}, MESSAGE | {"id": 1},
        KICKED | {"change": "vanished"}, KICKED | {"role": "admin"}, KICKED | {"change": "role"},
        {"type": "news"}, {"type": "error", "id": 1, "code": "odd", "message": ""},
        {"type": "error", "id": 1, "code": "rate_limited", "message": ""},
        {"type": "rooms", "id": 1, "more": False, "rooms": [{"chat": "r"}]},
        {"type": "page", "id": 1, "chat": "r", "more": False, "entries": [MESSAGE | {"as_of": None}]},
    ],
    ids=str,
)  # fmt: skip
def test_what_it_does_not_say_is_a_breach(envelope: dict[str, Any]) -> None:
    with pytest.raises(Breach):
        check_envelope(envelope)


@pytest.mark.parametrize(
    "story",
    [
        [MESSAGE], [WELCOME, MESSAGE | {"seq": 4}], [WELCOME, MESSAGE | {"seq": 2}], [WELCOME, MESSAGE, MESSAGE],
        [WELCOME, MESSAGE | {"chat": "other"}], [WELCOME, KICKED, MESSAGE | {"seq": 4}],
        [WELCOME, {"type": "resync", "chat": "r", "after": 2, "next": 9}, MESSAGE],
    ],
    ids=["before welcome", "a hole", "a step back", "twice", "a strange chat", "after a kick", "after a resync"],
)  # fmt: skip
def test_a_broken_order_is_a_breach(story: list[dict[str, Any]]) -> None:
    flow = Flow({})
    for envelope in story[:-1]:
        flow.hear(envelope)
    with pytest.raises(Breach):
        flow.hear(story[-1])


async def test_a_push_nobody_expected_fails_the_play(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.asks("send", msg_type="group", to=room, content="first", msg_id="1")
    with pytest.raises(Unheard, match="should have heard nothing"):
        await bob.hears_nothing()
    with pytest.raises(Unheard, match="expected message"):
        await bob.hears("message", content="second")
    with pytest.raises(Unheard, match="was answered"):
        await bob.asks("rename", chat=room, name="Mine")
    with pytest.raises(Unheard, match="should be refused as forbidden"):
        await bob.is_refused("forbidden", "leave", chat=room)
