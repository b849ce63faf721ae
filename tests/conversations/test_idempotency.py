"""A retry with the same `msg_id` gets the first reply again, whatever happened since (docs/protocol.md §2, §3.2)."""

import asyncio
from typing import Any

import pytest

from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import TIGHT

pytestmark = pytest.mark.every_store


def message(room: str, content: str = "once", msg_id: str = "m1") -> dict[str, Any]:
    return {"msg_type": "group", "to": room, "content": content, "msg_id": msg_id}


async def retried(speaker: Connection, first: dict[str, Any], **fields: object) -> None:
    """The same send again gets the same answer, but for `duplicate` and the request's id."""
    again = await speaker.asks("send", **fields)
    assert again | {"id": 0} == first | {"id": 0, "duplicate": True}


async def test_a_message_sent_twice_is_there_once(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    first = await alice.asks("send", **message(room))
    await retried(alice, first, **message(room))
    await bob.hears("message", seq=first["seq"])
    await bob.hears_nothing()


async def test_another_connection_and_http_know_it_too(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    first = await alice.asks("send", **message(room))
    await retried(await alice.person.connects(), first, **message(room))
    body = {"content": "once", "msg_id": "m1"}
    answer = (await alice.http.post(f"/chats/{room}/entries", body)).gives(200)
    assert answer == {name: first[name] for name in ("msg_id", "chat", "seq", "ts")} | {"duplicate": True}
    made = (await alice.http.post(f"/chats/{room}/entries", body | {"msg_id": "m2"})).gives(201)
    again = await alice.asks("send", **message(room, msg_id="m2"))
    assert (again["seq"], again["duplicate"]) == (made["seq"], True)


async def test_to_a_person_and_to_their_chat_is_the_same_message(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    first = await alice.asks("send", msg_type="private", to=bob, content="once", msg_id="m1")
    body = {"content": "once", "msg_id": "m1"}
    for path in (f"/direct/{bob.user}/entries", f"/chats/{chat}/entries"):
        assert (await alice.http.post(path, body)).gives(200)["seq"] == first["seq"]


async def test_two_people_may_choose_the_same_id(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    first, second = await alice.asks("send", **message(room)), await bob.asks("send", **message(room))
    assert (second["seq"], second["duplicate"]) == (first["seq"] + 1, False)


async def test_many_retries_at_once_are_one_message(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    connections = [await alice.connects() for _ in range(8)]
    room = await stage.room(connections[0])
    replies = await asyncio.gather(*(each.asks("send", **message(room)) for each in connections))
    assert len({reply["seq"] for reply in replies}) == 1
    assert sorted(reply["duplicate"] for reply in replies) == [False] + [True] * 7
    assert len((await connections[0].asks("history", chat=room))["entries"]) == 2


async def test_two_messages_at_once_under_one_id_are_one_and_a_conflict(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    connections = [await alice.connects() for _ in range(8)]
    room = await stage.room(connections[0])
    ids = [
        await each.says("send", **message(room, f"words {number % 2}"))
        for number, each in enumerate(connections)
    ]
    replies = [await each.answer(number) for each, number in zip(connections, ids, strict=True)]
    kinds = [reply.get("code", reply["type"]) for reply in replies]
    assert sorted(kinds) == ["conflict"] * 4 + ["sent"] * 4
    assert len((await connections[0].asks("history", chat=room))["entries"]) == 2


async def test_one_id_names_one_thing(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room, other = await stage.room(alice, bob), await stage.room(alice)
    target = (await bob.asks("send", **message(room, msg_id="t")))["seq"]
    first = await alice.asks("send", **message(room))
    for fields in (message(room, "twice"), message(other), message(room) | {"reply_to": target}):
        await alice.is_refused("conflict", "send", **fields)
    for command, fields in (
        ("edit", {"chat": room, "seq": first["seq"], "content": "once"}),
        ("delete", {"chat": room, "seq": first["seq"]}),
        ("react", {"chat": room, "seq": target, "emoji": "👍", "on": True}),
        ("create_room", {"name": "once"}), ("join", {"chat": room}), ("leave", {"chat": room}),
        ("rename", {"chat": room, "name": "once"}), ("kick", {"chat": room, "user": bob}),
        ("ban", {"chat": room, "user": bob}), ("unban", {"chat": room, "user": bob}),
        ("mute", {"chat": room, "user": bob, "until": 0}), ("befriend", {"user": bob}),
        ("set_role", {"chat": room, "user": bob, "role": "admin"}), ("block", {"user": bob}),
    ):  # fmt: skip
        await alice.is_refused("conflict", command, msg_id="m1", **fields)
    await bob.catches_up()
    await retried(alice, first, **message(room))
    await bob.hears_nothing()


async def test_every_change_of_a_chat_is_made_once(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    await stage.friends(alice, carol)
    room = await stage.room(alice, bob)
    seq = (await alice.asks("send", **message(room, msg_id="t")))["seq"]
    undone = {
        "edit": {"seq": seq, "content": "between"},
        "react": {"seq": seq, "emoji": "👍", "on": False},
        "rename": {"name": "Between"},
        "invite": {"user": carol},
        "mute": {"user": bob, "until": 0},
        "set_role": {"user": bob, "role": "member"},
    }
    for number, (command, fields) in enumerate((
        ("edit", {"seq": seq, "content": "edited"}), ("react", {"seq": seq, "emoji": "👍", "on": True}),
        ("rename", {"name": "Renamed"}), ("mute", {"user": bob, "until": 2**50}),
        ("set_role", {"user": bob, "role": "admin"}), ("invite", {"user": carol}), ("kick", {"user": bob}),
        ("ban", {"user": bob}), ("unban", {"user": bob}), ("delete", {"seq": seq}),
    )):  # fmt: skip
        first = await alice.asks(command, chat=room, msg_id=f"c{number}", **fields)
        if command in undone and command != "invite":
            await alice.asks(command, chat=room, **undone[command])
        head = (await alice.asks("history", chat=room, limit=1))["entries"][0]["seq"]
        again = await alice.asks(command, chat=room, msg_id=f"c{number}", **fields)
        assert again | {"id": 0} == first | {"id": 0}, command
        assert (await alice.asks("history", chat=room, limit=1))["entries"][0]["seq"] == head, command


async def test_joining_and_leaving_are_done_once(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice)
    joined = await bob.asks("join", chat=room, msg_id="in")
    left = await bob.asks("leave", chat=room, msg_id="out")
    for command, msg_id, first in (("join", "in", joined), ("leave", "out", left)):
        again = await bob.asks(command, chat=room, msg_id=msg_id)
        assert again["seq"] == first["seq"]
    assert (await bob.asks("chats"))["chats"] == []


async def test_a_room_is_made_once(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    first = await alice.asks("create_room", name="Once", msg_id="r1")
    again = await alice.asks("create_room", name="Once", msg_id="r1")
    assert again | {"id": 0} == first | {"id": 0}
    assert len((await alice.asks("chats"))["chats"]) == 1
    await alice.is_refused("conflict", "create_room", name="Twice", msg_id="r1")
    await alice.is_refused("conflict", "create_room", name="Once", public=True, msg_id="r1")


async def test_a_friend_is_asked_once(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await alice.asks("befriend", user=bob, msg_id="f1")
    await bob.asks("decline", user=alice)
    await alice.asks("befriend", user=bob, msg_id="f1")
    assert (await bob.asks("friends"))["incoming"] == []
    await alice.asks("befriend", user=bob, msg_id="f2")
    assert (await bob.asks("friends"))["incoming"] == [alice.user]


@pytest.mark.parametrize("withdrawal", ["kick", "ban", "mute", "leave"])
async def test_what_was_stored_is_answered_after_the_right_is_gone(stage: Stage, withdrawal: str) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    first = await bob.asks("send", **message(room))
    edit = {"chat": room, "seq": first["seq"], "content": "edited", "msg_id": "e1"}
    edited = await bob.asks("edit", **edit)
    if withdrawal == "leave":
        await bob.asks("leave", chat=room)
    else:
        until = {"until": 2**50} if withdrawal == "mute" else {}
        await alice.asks(withdrawal, chat=room, user=bob, **until)
    await retried(bob, first, **message(room))
    assert (await bob.asks("edit", **edit))["seq"] == edited["seq"]
    assert (await bob.http.post(f"/chats/{room}/entries", {"content": "once", "msg_id": "m1"})).gives(200)
    await bob.is_refused("conflict", "send", **message(room, "other words"))
    code = "muted" if withdrawal == "mute" else "not_a_member"
    await bob.is_refused(code, "send", **message(room, msg_id="m2"))


@pytest.mark.parametrize("withdrawal", ["block", "unfriend"])
async def test_what_was_said_to_a_friend_is_answered_after_the_friendship(
    stage: Stage, withdrawal: str
) -> None:
    alice, bob = await stage.people("alice", "bob")
    chat = await stage.friends(alice, bob)
    fields = {"msg_type": "private", "to": bob.user, "content": "once", "msg_id": "m1"}
    first = await alice.asks("send", **fields)
    await bob.asks(withdrawal, user=alice)
    await retried(alice, first, **fields)
    await alice.is_refused("not_friends", "send", **fields | {"msg_id": "m2"})
    body = {"content": "once", "msg_id": "m1"}
    assert (await alice.http.post(f"/chats/{chat}/entries", body)).gives(200)["seq"] == first["seq"]


async def test_what_was_said_stays_said_when_the_message_is_gone(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    first = await alice.asks("send", **message(room))
    await alice.asks("delete", chat=room, seq=first["seq"])
    await retried(alice, first, **message(room))


async def test_what_was_refused_may_be_tried_again_under_its_id(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice)
    await bob.is_refused("not_a_member", "send", **message(room))
    await bob.asks("join", chat=room)
    assert (await bob.asks("send", **message(room)))["duplicate"] is False


@pytest.mark.settings(**TIGHT)
async def test_a_retry_is_answered_while_the_limit_is_reached(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    sent = [await alice.asks("send", **message(room, msg_id=f"m{number}")) for number in range(5)]
    await alice.is_refused("rate_limited", "send", **message(room, msg_id="m6"))
    for number, first in enumerate(sent):
        await retried(alice, first, **message(room, msg_id=f"m{number}"))
    await alice.is_refused("rate_limited", "send", **message(room, msg_id="m6"))


async def test_a_restart_forgets_nothing(own_stage: Stage) -> None:
    stage = own_stage
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    first = await alice.asks("send", **message(room))
    made = await alice.asks("create_room", name="Once", msg_id="r1")
    await alice.asks("befriend", user=bob, msg_id="f1")
    edited = await alice.asks("edit", chat=room, seq=first["seq"], content="edited", msg_id="e1")
    stage.server.crash()
    stage.server.start()
    again = await alice.person.connects()
    await retried(again, first, **message(room))
    assert (await again.asks("create_room", name="Once", msg_id="r1"))["chat"] == made["chat"]
    await again.asks("befriend", user=bob, msg_id="f1")
    repeated = await again.asks("edit", chat=room, seq=first["seq"], content="edited", msg_id="e1")
    assert repeated["seq"] == edited["seq"]
    await again.is_refused("conflict", "send", **message(room, "other words"))
    await again.hears_nothing()
    assert (await again.asks("history", chat=room, limit=1))["entries"][0]["seq"] == edited["seq"]


async def test_a_cursor_with_a_msg_id_names_one_thing_too(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.asks("send", **message(room))
    await bob.hears("message", seq=3)
    for _ in range(2):
        await bob.asks("read", chat=room, seq=3, msg_id="r1")
    await bob.is_refused("conflict", "received", chat=room, seq=3, msg_id="r1")
    await alice.eventually_hears("receipt", user=bob.user, read=3)
