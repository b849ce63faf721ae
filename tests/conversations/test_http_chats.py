"""HTTP: chats, entries, cursors, rooms, members, bans (docs/protocol.md §6)."""

import re
from functools import partial

import pytest

from hubbub_conformance.contract import check_entry
from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import WEBSOCKET

pytestmark = WEBSOCKET  # what is pushed beside it is the other files' business


async def test_what_is_said_over_http_is_heard_over_the_socket(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    body = {"content": "hi", "msg_id": "1"}
    sent = (await alice.http.post(f"/chats/{room}/entries", body)).gives(201)
    assert sent.keys() == {"msg_id", "chat", "seq", "ts", "duplicate"}
    assert (sent["chat"], sent["msg_id"], sent["seq"], sent["duplicate"]) == (room, "1", 3, False)
    await bob.hears("message", chat=room, seq=3, ts=sent["ts"], msg_id="1", from_=alice, content="hi")
    assert (await alice.http.post(f"/chats/{room}/entries", body)).gives(200) == sent | {"duplicate": True}
    (await alice.http.post(f"/chats/{room}/entries", body | {"content": "ho"})).refuses(409, "conflict")
    answer = (
        await bob.http.post(f"/chats/{room}/entries", {"content": "yes", "msg_id": "1", "reply_to": 3})
    ).gives(201)
    await alice.eventually_hears("message", seq=answer["seq"], reply_to=3)


async def test_to_a_person(stage: Stage) -> None:
    alice, bob, eve = await stage.people("alice", "bob", "eve")
    chat = await stage.friends(alice, bob)
    body = {"content": "psst", "msg_id": "1"}
    sent = (await alice.http.post(f"/direct/{bob.user}/entries", body)).gives(201)
    assert (sent["chat"], sent["seq"]) == (chat, 1)
    await bob.hears("message", chat=chat, to=bob, content="psst")
    more = (await bob.http.post(f"/chats/{chat}/entries", body | {"content": "?"})).gives(201)
    assert (more["chat"], more["seq"]) == (chat, 2)
    (await alice.http.post(f"/direct/{eve.user}/entries", body | {"msg_id": "2"})).refuses(403, "not_friends")
    (await alice.http.post(f"/direct/{alice.user}/entries", body | {"msg_id": "2"})).refuses(
        400, "bad_request"
    )
    (await alice.http.post("/direct/nobody.at.all/entries", body | {"msg_id": "2"})).refuses(404, "not_found")
    (await eve.http.post(f"/chats/{chat}/entries", body)).refuses(404, "not_found")


async def test_edit_react_and_delete(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    seq = (await alice.http.post(f"/chats/{room}/entries", {"content": "tyop", "msg_id": "1"})).gives(201)[
        "seq"
    ]
    edited = (await alice.http.patch(f"/chats/{room}/entries/{seq}", {"content": "typo"})).gives(200)
    assert edited.keys() == {"chat", "seq", "ts"}
    (await bob.http.patch(f"/chats/{room}/entries/{seq}", {"content": "?"})).refuses(403, "forbidden")
    reacted = (await bob.http.put(f"/chats/{room}/entries/{seq}/reactions/👍")).gives(200)
    again = (await bob.http.put(f"/chats/{room}/entries/{seq}/reactions/👍")).gives(200)
    assert (edited["seq"], reacted["seq"], again["seq"]) == (seq + 1, seq + 2, seq + 2)
    (await bob.http.put(f"/chats/{room}/entries/{seq}/reactions/{'x' * 33}")).refuses(400, "too_long")
    (await bob.http.delete(f"/chats/{room}/entries/{seq}/reactions/👍")).gives(200)
    deleted = (await alice.http.delete(f"/chats/{room}/entries/{seq}")).gives(200)
    for kind, at in (("message", seq), ("edited", seq + 1), ("reacted", seq + 2), ("reacted", seq + 3)):
        await bob.hears(kind, seq=at)
    await bob.hears("deleted", seq=deleted["seq"], target=seq)
    entries = (await bob.http.get(f"/chats/{room}/entries", after=seq - 1)).gives(200)["entries"]
    for entry in entries:
        check_entry(entry)
    assert (entries[0]["deleted"], entries[1]["deleted"]) == (True, True)


async def test_history_and_its_bounds(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    for number in range(4):
        await alice.asks("send", msg_type="group", to=room, content="x", msg_id=str(number))
    path = f"/chats/{room}/entries"
    page = (await alice.http.get(path)).gives(200)
    assert ([each["seq"] for each in page["entries"]], page["more"]) == ([1, 2, 3, 4, 5], False)
    assert (page["chat"], page.keys()) == (room, {"chat", "entries", "more"})
    page = (await alice.http.get(path, before=4, limit=2)).gives(200)
    assert ([each["seq"] for each in page["entries"]], page["more"]) == ([2, 3], True)
    page = (await alice.http.get(path, after=3, min_head=5)).gives(200)
    assert [each["seq"] for each in page["entries"]] == [4, 5]
    (await alice.http.get(path, min_head=6)).refuses(503, "unavailable")
    for query in ({"before": 3, "after": 1}, {"limit": 0}, {"limit": 301}, {"limit": "x"}, {"before": -1}):
        (await alice.http.get(path, **query)).refuses(400, "bad_request")
    (await alice.http.get(path, surprise=1)).refuses(400, "bad_request")


async def test_lists_and_summaries(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    rooms = sorted([await stage.room(alice) for _ in range(2)] + [await stage.friends(alice, bob)])
    listed = (await alice.http.get("/chats")).gives(200)
    assert ([each["chat"] for each in listed["chats"]], listed["more"]) == (rooms, False)
    rest = (await alice.http.get("/chats", after=rooms[0])).gives(200)
    assert [each["chat"] for each in rest["chats"]] == rooms[1:]
    assert (await alice.http.get(f"/chats/{rooms[1]}")).gives(200) == rest["chats"][0]


async def cursors(person: Connection, room: str) -> tuple[int, int]:
    found = (await person.http.get(f"/chats/{room}")).gives(200)
    return found["received"], found["read"]


async def test_cursors(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    for number in range(4):
        await alice.asks("send", msg_type="group", to=room, content="x", msg_id=str(number))
    for body, received, read in (
        ({"received": 4}, 4, 1), ({"read": 3}, 4, 3), ({"received": 6, "read": 5}, 6, 5), ({"read": 1}, 6, 5),
    ):  # fmt: skip
        (await bob.http.put(f"/chats/{room}/cursor", body)).gives(204)
        await stage.agrees((received, read), partial(cursors, bob, room))
    assert (await bob.http.get(f"/chats/{room}")).gives(200)["unread"] == 1
    await alice.eventually_hears("receipt", chat=room, user=bob.user, received=6, read=5)
    for body in ({}, {"read": 99}, {"read": -1}, {"seen": 1}):
        (await bob.http.put(f"/chats/{room}/cursor", body)).refuses(400, "bad_request")


async def test_types_are_not_guessed(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    (await alice.http.put(f"/chats/{room}/cursor", {"read": "1"})).refuses(400, "bad_request")
    (await alice.http.post("/rooms", {"name": "R", "public": "true"})).refuses(400, "bad_request")


async def test_rooms(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    name = f"Room of {alice.user}"
    made = (await alice.http.post("/rooms", {"name": name, "public": True})).gives(201)
    assert made | {"chat": "?"} == {"chat": "?", "name": name, "public": True, "role": "owner", "seq": 1}
    room = made["chat"]
    listed = (await bob.http.get("/rooms", query=alice.user)).gives(200)
    assert listed == {"rooms": [{"chat": room, "name": name, "members": 1}], "more": False}
    renamed = (await alice.http.patch(f"/rooms/{room}", {"name": "Renamed"})).gives(200)
    assert renamed["seq"] == 2
    (await bob.http.patch(f"/rooms/{room}", {"name": "Mine"})).refuses(403, "not_a_member")
    (await alice.http.patch(f"/rooms/{room}", {"name": "x" * 81})).refuses(400, "too_long")
    (await alice.http.post("/rooms", {"name": ""})).refuses(400, "bad_request")
    for path in (f"/chats/{room}", f"/chats/{room}/entries", f"/rooms/{room}/members"):
        (await bob.http.get(path)).refuses(403, "not_a_member")


async def test_a_room_made_twice_under_one_id_is_one_room(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    body = {"name": "Once", "msg_id": "r1"}
    made = (await alice.http.post("/rooms", body)).gives(201)
    again = await alice.http.post("/rooms", body)
    assert again.body == made
    assert len((await alice.http.get("/chats")).gives(200)["chats"]) == 1


async def test_a_duplicate_is_200_whatever_was_made(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    await stage.friends(alice, carol)
    room = await stage.room(alice)
    for person, path, body in (
        (alice, "/rooms", {"name": "Once", "msg_id": "r1"}),
        (bob, f"/rooms/{room}/members", {"msg_id": "j1"}),
        (alice, f"/rooms/{room}/members", {"user": carol.user, "msg_id": "i1"}),
    ):
        made = (await person.http.post(path, body)).gives(201)
        assert (await person.http.post(path, body)).gives(200) == made


async def test_members_come_and_go(stage: Stage) -> None:
    alice, bob, carol = await stage.people("alice", "bob", "carol")
    await stage.friends(alice, carol)
    room = await stage.room(alice)
    joined = (await bob.http.post(f"/rooms/{room}/members", {})).gives(201)
    assert joined | {"ts": 0} == {"chat": room, "seq": 2, "ts": 0}
    (await alice.http.post(f"/rooms/{room}/members", {"user": carol.user})).gives(201)
    await carol.hears("chat", chat=room)
    listed = (await bob.http.get(f"/rooms/{room}/members", limit=2)).gives(200)
    assert ([each["user"] for each in listed["members"]], listed["more"]) == ([alice.user, bob.user], True)
    rest = (await bob.http.get(f"/rooms/{room}/members", after=bob.user)).gives(200)
    assert [each["user"] for each in rest["members"]] == [carol.user]
    (await bob.http.delete(f"/rooms/{room}/members/{carol.user}")).refuses(403, "forbidden")
    kicked = (await alice.http.delete(f"/rooms/{room}/members/{carol.user}")).gives(200)
    await carol.eventually_hears("member", seq=kicked["seq"], user=carol.user, change="kicked")
    left = (await bob.http.delete(f"/rooms/{room}/members/{bob.user}")).gives(200)
    await bob.eventually_hears("member", seq=left["seq"], user=bob.user, change="left")
    (await alice.http.delete(f"/rooms/{room}/members/{bob.user}")).refuses(404, "not_found")
    (await alice.http.post(f"/rooms/{room}/members", {"user": bob.user})).refuses(403, "not_friends")


async def test_roles_mutes_and_bans(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    path = f"/rooms/{room}/members/{bob.user}"
    (await alice.http.patch(path, {"role": "admin"})).gives(200)
    await bob.hears("member", change="role", role="admin")
    (await alice.http.patch(path, {"muted_until": 2**50})).gives(200)
    await bob.hears("member", change="muted", until=2**50)
    (await bob.http.post(f"/chats/{room}/entries", {"content": "x", "msg_id": "1"})).refuses(403, "muted")
    (await alice.http.patch(path, {"muted_until": 0})).gives(200)
    for body in ({}, {"role": "king"}, {"muted_until": -1}, {"rank": 1}):
        (await alice.http.patch(path, body)).refuses(400, "bad_request")
    (await bob.http.patch(f"/rooms/{room}/members/{alice.user}", {"role": "member"})).refuses(
        403, "forbidden"
    )
    (await alice.http.put(f"/rooms/{room}/bans/{bob.user}")).gives(200)
    await bob.eventually_hears("member", user=bob.user, change="banned")
    (await bob.http.post(f"/rooms/{room}/members", {})).refuses(403, "banned")
    (await alice.http.delete(f"/rooms/{room}/bans/{bob.user}")).gives(200)
    (await bob.http.post(f"/rooms/{room}/members", {})).gives(201)


async def test_role_and_mute_may_be_changed_together(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    body = {"role": "admin", "muted_until": 2**50}
    answer = await alice.http.patch(f"/rooms/{room}/members/{bob.user}", body)
    answer.refuses(400, "bad_request")  # two changes are two entries: one request, one reply
    await bob.hears_nothing()


@pytest.mark.parametrize(
    "path",
    [
        "/chats/%00", "/chats/😀", "/chats/r/entries", f"/chats/{'x' * 5_000}", "/chats/r%2Fx/entries",
        "/rooms/nothing/members", "/nothing", "/users/%00",
    ],
    ids=lambda path: path[:30],
)  # fmt: skip
async def test_malformed_ids_are_not_found(stage: Stage, path: str) -> None:
    [alice] = await stage.people("alice")
    (await alice.http.get(path)).refuses(404, "not_found")


async def test_malformed_seqs_are_not_found(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    for seq in ("0", "-1", "x", "1.5", "9" * 30, "99"):
        path = f"/chats/{room}/entries/{seq}"
        (await alice.http.patch(path, {"content": "x"})).refuses(404, "not_found")
        (await alice.http.delete(path)).refuses(404, "not_found")
        (await alice.http.put(f"{path}/reactions/x")).refuses(404, "not_found")


async def test_strings_over_http_are_held_to_the_same_rules(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    path = f"/chats/{room}/entries"
    for body in (
        {"content": "a\0b", "msg_id": "1"}, {"content": "x", "msg_id": "\0"}, {"content": "x", "msg_id": ""},
        {"content": "x", "msg_id": "x" * 65}, {"content": "x"}, {"msg_id": "1"}, {"content": 7, "msg_id": "1"},
        {"content": "x", "msg_id": "1", "id": 1}, {"content": "x", "msg_id": "1", "type": "send"}, [], "x",
    ):  # fmt: skip
        (await alice.http.post(path, body)).refuses(400, "bad_request")
    (await alice.http.post(path, {"content": "x" * 8_001, "msg_id": "1"})).refuses(400, "too_long")
    for raw in (b'{"content":"\\ud800","msg_id":"1"}', b"{", b"\xff", b""):
        answer = await stage.client.post(
            path, content=raw, headers=alice.http.headers | {"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), raw


async def test_bodies_have_a_size(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    answer = await alice.http.post(f"/chats/{room}/entries", {"content": "x" * 200_000, "msg_id": "1"})
    answer.refuses(400, "too_long")


async def test_every_route_but_signing_up_and_in_asks_who_is_there(stage: Stage) -> None:
    document = (await stage.client.get(f"{stage.server.root}/api/docs/openapi.json")).json()
    open_to_all = {
        ("post", "/accounts"), ("post", "/sessions"), ("post", "/sessions/refresh"), ("get", "/server"), ("get", "/avatars/{name}"),
        ("get", "/oidc/{alias}/start"), ("get", "/oidc/{alias}/callback"), ("post", "/oidc/session"),
    }  # fmt: skip
    for path, methods in document["paths"].items():
        route = path.removeprefix("/api/v1")
        for method in methods:
            if (method, route) in open_to_all:
                continue
            answer = await stage.client.request(method.upper(), re.sub(r"\{[^}]*\}", "1", route))
            assert answer.status_code == 401, (method, route)
            assert answer.json()["code"] == "unauthenticated"
