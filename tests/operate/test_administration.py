"""Administrators and the operator: who may, what they do to users and rooms, and that everybody hears of it at once."""

import time
from typing import Any

import pytest

from hubbub.codec.access_tokens import mint
from hubbub.model.administration import OPERATOR, OPERATOR_SESSION
from hubbub_conformance.conversation import PASSWORD, Connection, Stage
from hubbub_conformance.http_requests import Http

pytestmark = [pytest.mark.inside, pytest.mark.wires("websocket+json")]


def operator(stage: Stage, life_ms: int = 60_000, secret: bytes | None = None) -> Http:
    """Whoever holds the server's secret, as `hubbub admin` is."""
    secret = secret or (stage.server.data / "secret").read_bytes().strip()
    token, _ = mint(OPERATOR, OPERATOR_SESSION, int(time.time() * 1000), life_ms, secret)
    return Http(stage.client, token)


async def administrator(stage: Stage) -> Connection:
    (admin,) = await stage.people("root")
    card = (await operator(stage).put(f"/admin/users/{admin.user}/right")).gives(200)
    assert card["admin"] is True
    return admin


async def test_nobody_administers_without_the_right(stage: Stage) -> None:
    (alice,) = await stage.people("alice")
    paths = [
        path
        for path in (await stage.client.get(f"{stage.server.root}/api/docs/openapi.json")).json()["paths"]
        if path.startswith("/api/v1/admin")
    ]
    assert len(paths) > 10
    for path in paths:
        place = path.removeprefix("/api/v1").replace("{user}", "bob").replace("{chat}", "r1")
        for method in ("get", "put", "post", "delete"):
            answer = await getattr(alice.http, method)(place)
            assert answer.status in {403, 405}, (method, path, answer.content)
            assert (await getattr(stage.stranger, method)(place)).status in {401, 405}
    assert "admin" not in (await alice.http.get("/me")).gives(200)


@pytest.mark.parametrize(
    ("life_ms", "secret"), [(-1_000, None), (60_000, b"another secret, of thirty-two bytes")]
)
async def test_an_operators_token_is_signed_with_our_secret_and_short(
    stage: Stage, life_ms: int, secret: bytes | None
) -> None:
    (await operator(stage, life_ms, secret).get("/admin/users")).refuses(401, "unauthenticated")


async def test_an_operator_is_no_user(stage: Stage) -> None:
    me = operator(stage)
    (await me.get("/me")).refuses(401, "unauthenticated")
    (await me.post("/rooms", {"name": "Ops"})).refuses(401, "unauthenticated")
    assert (await me.get("/admin/health")).gives(200)["database"] == "sqlite"


async def test_a_banned_user_is_thrown_out_and_not_let_in_until_the_ban_ends(stage: Stage) -> None:
    admin, bob = await administrator(stage), (await stage.people("bob"))[0]
    banned = (await admin.http.put(f"/admin/users/{bob.user}/ban")).gives(200)
    assert banned["banned_at"] > 0
    await bob.is_closed(4501)
    (await bob.http.get("/me")).refuses(401, "unauthenticated")
    log_in = {"user": bob.user, "password": PASSWORD}
    (await stage.stranger.post("/sessions", log_in)).refuses(403, "banned")
    (await stage.stranger.post("/sessions", log_in | {"password": "wrong horse"})).refuses(
        401, "unauthenticated"
    )
    (await stage.stranger.post("/sessions/refresh", {"refresh_token": bob.person.refresh_token})).refuses(
        401, "unauthenticated"
    )
    assert (await admin.http.get("/admin/users", only="banned", query=bob.user)).body["users"] == [banned]
    again = (await admin.http.put(f"/admin/users/{bob.user}/ban")).gives(200)
    assert again["banned_at"] == banned["banned_at"]
    assert (await admin.http.delete(f"/admin/users/{bob.user}/ban")).gives(200)["banned_at"] is None
    (await stage.stranger.post("/sessions", log_in)).gives(201)


async def test_the_right_is_given_and_taken_at_once_and_never_from_oneself(stage: Stage) -> None:
    admin, bob = await administrator(stage), (await stage.people("bob"))[0]
    (await admin.http.delete(f"/admin/users/{admin.user}/right")).refuses(403, "forbidden")
    (await admin.http.put(f"/admin/users/{admin.user}/ban")).refuses(403, "forbidden")
    (await admin.http.put(f"/admin/users/{bob.user}/right")).gives(200)
    assert (await bob.http.get("/me")).gives(200)["admin"] is True
    card = (await bob.http.get(f"/admin/users/{admin.user}")).gives(200)
    assert (card["admin"], card["banned_at"], card["external"]) == (True, None, False)
    (await bob.http.delete(f"/admin/users/{admin.user}/right")).gives(200)
    (await admin.http.get("/admin/users")).refuses(403, "forbidden")
    (await bob.http.put("/admin/users/nobody.there/right")).refuses(404, "not_found")


async def test_another_password_ends_every_session_and_the_old_password(stage: Stage) -> None:
    admin, bob = await administrator(stage), (await stage.people("bob"))[0]
    short, new = {"password": "short"}, {"password": "another horse"}
    (await admin.http.put(f"/admin/users/{bob.user}/password", short)).refuses(400, "bad_request")
    (await admin.http.put(f"/admin/users/{bob.user}/password", new)).gives(200)
    await bob.is_closed(4501)
    log_in = {"user": bob.user, "password": PASSWORD}
    (await stage.stranger.post("/sessions", log_in)).refuses(401, "unauthenticated")
    (await stage.stranger.post("/sessions", log_in | new)).gives(201)


async def test_sessions_are_listed_and_ended_one_by_one(stage: Stage) -> None:
    admin, bob = await administrator(stage), (await stage.people("bob"))[0]
    there = (await stage.stranger.post("/sessions", {"user": bob.user, "password": PASSWORD})).gives(201)
    sessions = (await admin.http.get(f"/admin/users/{bob.user}/sessions")).gives(200)["sessions"]
    assert [each["current"] for each in sessions] == [False, False]
    mine = bob.welcome["session"]
    (await admin.http.delete(f"/admin/users/{bob.user}/sessions/{mine}")).gives(204)
    await bob.is_closed(4501)
    (await admin.http.delete(f"/admin/users/{bob.user}/sessions/{mine}")).refuses(404, "not_found")
    (await Http(stage.client, there["token"]).get("/me")).gives(200)
    (await admin.http.delete(f"/admin/users/{bob.user}/sessions")).gives(204)
    (await Http(stage.client, there["token"]).get("/me")).refuses(401, "unauthenticated")


async def test_a_room_gets_another_owner(stage: Stage) -> None:
    admin, (alice, bob) = await administrator(stage), await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    (await admin.http.put(f"/admin/rooms/{room}/owner", {"user": admin.user})).refuses(404, "not_found")
    card = (await admin.http.put(f"/admin/rooms/{room}/owner", {"user": bob.user})).gives(200)
    assert card["owners"] == [bob.user]
    for person in (alice, bob):
        await person.hears("member", chat=room, from_=admin, user=bob, change="role", role="owner")
        await person.hears("member", chat=room, from_=admin, user=alice, change="role", role="admin")
    members = (await admin.http.get(f"/admin/rooms/{room}/members")).gives(200)["members"]
    assert {each["user"]: each["role"] for each in members} == {alice.user: "admin", bob.user: "owner"}


async def test_a_rooms_bans_are_seen(stage: Stage) -> None:
    admin, (alice, bob) = await administrator(stage), await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    await alice.asks("ban", chat=room, user=bob)
    assert (await admin.http.get(f"/admin/rooms/{room}/bans")).gives(200)["bans"] == [
        {"user": bob.user, "by": alice.user}
    ]
    assert (await admin.http.get(f"/admin/rooms/{room}")).gives(200)["members"] == 1
    private = await stage.friends(alice, bob)
    (await admin.http.get(f"/admin/rooms/{private}")).refuses(404, "not_found")


async def test_a_closed_room_has_nobody_and_cannot_be_found_but_keeps_its_log(stage: Stage) -> None:
    admin, (alice, bob) = await administrator(stage), await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    closed = (await operator(stage).delete(f"/admin/rooms/{room}")).gives(200)
    assert (closed["members"], closed["owners"], closed["public"]) == (0, [], False)
    await alice.hears("member", chat=room, from_="@operator", user=bob, change="kicked")
    await alice.hears("member", chat=room, from_="@operator", user=alice, change="kicked")
    await bob.is_refused("not_found", "join", chat=room)
    await alice.is_refused("not_found", "history", chat=room)
    assert closed["head"] == 4
    again = (await admin.http.delete(f"/admin/rooms/{room}")).gives(200)
    assert again["head"] == closed["head"]
    found: dict[str, Any] = (await admin.http.get("/admin/rooms", query=room)).gives(200)
    assert [each["chat"] for each in found["rooms"]] == [room]


async def test_what_was_done_stands_in_the_audit(stage: Stage) -> None:
    admin, bob = await administrator(stage), (await stage.people("bob"))[0]
    await admin.http.put(f"/admin/users/{bob.user}/ban")
    await admin.http.delete(f"/admin/users/{bob.user}/ban")
    lines = (await admin.http.get("/admin/audit")).gives(200)["lines"]
    mine = [
        (line["by"], line["act"]) for line in reversed(lines) if line["subject"] in {bob.user, admin.user}
    ]
    assert mine == [("@operator", "grant"), (admin.user, "ban"), (admin.user, "unban")]
    assert {line["address"] for line in lines} == {"127.0.0.1"}
    earlier = (await admin.http.get("/admin/audit", before=lines[0]["at"])).gives(200)["lines"]
    assert lines[0] not in earlier


async def test_an_administrator_sees_what_waits_for_the_bus(stage: Stage) -> None:
    admin = await administrator(stage)
    view = (await admin.http.post("/admin/outbox/retry")).gives(200)
    assert view["pending"] >= len(view["chats"])
    assert (await admin.http.get("/admin/outbox")).gives(200).keys() == view.keys()
    health = (await admin.http.get("/admin/health")).gives(200)
    assert health["connections"] >= 1
    assert health["journal_failing"] is False
