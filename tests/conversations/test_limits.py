"""How often, how much: docs/protocol.md §5, and what becomes of those who do not care (4029)."""

import pytest

from hubbub_conformance.conversation import PASSWORD, Connection, Stage
from hubbub_conformance.profiles import TIGHT
from hubbub_conformance.raw_websocket import HandshakeRejected

pytestmark = pytest.mark.settings(**TIGHT)


async def waits(person: Connection, command: str, **fields: object) -> int:
    """The request is refused as too frequent; gives for how long (ms)."""
    refusal = await person.is_refused("rate_limited", command, **fields)
    wait: int = refusal["retry_after_ms"]
    assert wait > 0
    return wait


async def test_send_edit_delete_and_react_share_a_burst(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    message = {"msg_type": "group", "to": room, "content": "x"}
    seq = (await alice.asks("send", msg_id="1", **message))["seq"]
    await alice.asks("edit", chat=room, seq=seq, content="y")
    await alice.asks("react", chat=room, seq=seq, emoji="👍", on=True)
    await alice.asks("send", msg_id="2", **message)
    await alice.asks("delete", chat=room, seq=seq)
    assert 90_000 < await waits(alice, "send", msg_id="3", **message) <= 100_000
    for command, fields in (
        ("edit", {"seq": seq + 3, "content": "z"}), ("delete", {"seq": seq + 3}),
        ("react", {"seq": seq + 3, "emoji": "👍", "on": True}),
    ):  # fmt: skip
        await waits(alice, command, chat=room, **fields)
    answer = await alice.http.post(f"/chats/{room}/entries", {"content": "x", "msg_id": "4"})
    problem = answer.refuses(429, "rate_limited")
    seconds = int(answer.headers["retry-after"])
    assert (seconds - 1) * 1000 < problem["retry_after_ms"] <= seconds * 1000
    await alice.asks("history", chat=room)
    await bob.asks("send", msg_id="1", **message)


async def test_friend_requests_rooms_and_invitations_have_their_own(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    for each in (bob, carol):
        await stage.friends(alice, each)
    rooms = [await stage.room(alice) for _ in range(3)]
    await alice.asks("befriend", user=bob)
    for room in rooms[:2]:
        await alice.asks("invite", chat=room, user=bob)
    for command, fields, limit in (
        ("befriend", {"user": carol}, 1_200_000), ("create_room", {"name": "One more"}, 1_200_000),
        ("invite", {"chat": rooms[2], "user": bob}, 1_800_000),
    ):  # fmt: skip
        assert limit / 2 < await waits(alice, command, **fields) <= limit
    for answer in (
        await alice.http.post("/friends", {"user": carol.user}),
        await alice.http.post("/rooms", {"name": "One more"}),
        await alice.http.post(f"/rooms/{rooms[2]}/members", {"user": bob.user}),
    ):
        answer.refuses(429, "rate_limited")
        assert int(answer.headers["retry-after"]) > 60


async def test_who_keeps_flooding_past_refusals_is_closed(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    for number in range(100):
        await alice.says("send", msg_type="group", to=room, content="x", msg_id=str(number))
    bye = await alice.is_closed(4029)
    assert bye is not None
    assert bye["reconnect_in_ms"] > 0


async def test_who_floods_without_hello_is_closed(stage: Stage) -> None:
    alice = await (await stage.signs_up("alice")).opens()
    for _ in range(100):
        await alice.says("ping")
    await alice.is_closed(4029)


async def test_who_sends_nothing_but_nonsense_is_closed(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    for _ in range(1_000):
        await alice.sends("nonsense")
    await alice.is_closed(4029)


async def test_failed_log_ins_are_counted_by_account(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    wrong = {"user": alice.user, "password": "not my password"}
    for _ in range(10):
        (await stage.stranger.post("/sessions", wrong)).refuses(401, "unauthenticated")
    for password in (wrong["password"], PASSWORD):
        answer = await stage.stranger.post("/sessions", wrong | {"password": password})
        answer.refuses(429, "rate_limited")
        assert 0 < int(answer.headers["retry-after"]) <= 60


@pytest.mark.settings(HUBBUB_LIMITS_SIGNUPS_PER_ADDRESS=2, HUBBUB_LIMITS_CONNECTIONS_PER_ADDRESS=3)
async def test_an_address_has_its_limits_too(own_stage: Stage) -> None:
    stage = own_stage
    alice, _ = await stage.people("alice", "bob")
    answer = await stage.stranger.post("/accounts", {"user": "carol", "password": PASSWORD})
    answer.refuses(429, "rate_limited")
    assert 60 < int(answer.headers["retry-after"]) <= 1_800
    third = await alice.person.connects()
    with pytest.raises(HandshakeRejected) as refused:
        await alice.person.opens()
    assert refused.value.status == 429
    await third.leaves()
    await alice.person.connects()
