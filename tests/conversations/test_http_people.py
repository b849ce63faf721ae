"""HTTP: accounts, sessions, profiles, friends, blocks, presence (docs/protocol.md §6)."""

from functools import partial

import pytest

from hubbub_conformance.conversation import PASSWORD, Connection, Stage
from hubbub_conformance.profiles import WEBSOCKET

pytestmark = WEBSOCKET  # what is pushed beside it is the other files' business


async def test_signing_up_and_logging_in(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    made = {"user": f"{alice.user}x", "password": PASSWORD, "display_name": "Alice X"}
    tokens = (await stage.stranger.post("/accounts", made)).gives(201)
    assert tokens.keys() == {"user", "token", "expires_at", "refresh_token"}
    assert tokens["user"] == made["user"]
    (await stage.stranger.post("/accounts", made)).refuses(409, "conflict")
    body = {"user": made["user"], "password": PASSWORD, "device": "phone"}
    again = (await stage.stranger.post("/sessions", body)).gives(201)
    assert again.keys() == tokens.keys()
    refreshed = (
        await stage.stranger.post("/sessions/refresh", {"refresh_token": again["refresh_token"]})
    ).gives(201)
    assert refreshed.keys() == tokens.keys()
    (await stage.stranger.post("/sessions/refresh", {"refresh_token": "nonsense"})).refuses(
        401, "unauthenticated"
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"user": "A", "password": PASSWORD}, "bad_request"),
        ({"user": "a", "password": PASSWORD}, "bad_request"),
        ({"user": "-ab", "password": PASSWORD}, "bad_request"),
        ({"user": "a" * 33, "password": PASSWORD}, "bad_request"),
        ({"user": "corp:ann", "password": PASSWORD}, "bad_request"),
        ({"user": "alice\n", "password": PASSWORD}, "bad_request"),
        ({"user": "alice", "password": "short"}, "bad_request"),
        ({"user": "alice", "password": "x" * 1_025}, "too_long"),
        ({"user": "alice", "password": PASSWORD, "display_name": ""}, "bad_request"),
        ({"user": "alice", "password": PASSWORD, "display_name": "x" * 81}, "too_long"),
        ({"user": "alice", "password": PASSWORD, "surprise": 1}, "bad_request"),
        ({"user": "alice"}, "bad_request"),
        ({"user": "alice", "password": "\0" * 8}, "bad_request"),
        ([], "bad_request"),
        (None, "bad_request"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_what_is_no_account_is_refused(stage: Stage, body: object, code: str) -> None:
    (await stage.stranger.post("/accounts", body)).refuses(400, code)


async def test_ones_own_profile(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    assert (await alice.http.get("/me")).gives(200) == {"user": alice.user, "display_name": alice.user}
    changed = (await alice.http.patch("/me", {"display_name": "Alice", "avatar": "🦊"})).gives(200)
    assert changed == {"user": alice.user, "display_name": "Alice", "avatar": "🦊"}
    assert (await alice.http.get("/me")).gives(200) == changed
    assert (await alice.http.get(f"/users/{alice.user}")).gives(200) == changed
    assert "avatar" not in (await alice.http.patch("/me", {"avatar": None})).gives(200)
    (await alice.http.patch("/me", {"display_name": ""})).refuses(400, "bad_request")
    (await alice.http.patch("/me", {"display_name": "x" * 81})).refuses(400, "too_long")
    (await alice.http.patch("/me", {"user": "bob"})).refuses(400, "bad_request")


async def test_profiles_of_others(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    assert (await alice.http.get(f"/users/{bob.user}")).gives(200)["user"] == bob.user
    for nobody in ("nobody.at.all", "NO HANDLE", "%00", "a%2Fb", "😀"):
        (await alice.http.get(f"/users/{nobody}")).refuses(404, "not_found")


async def test_friends_from_request_to_end(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    (await alice.http.post("/friends", {"user": bob.user})).gives(204)
    await bob.hears("friend", user=alice.user, change="requested")
    nobody = {"friends": [], "incoming": [], "outgoing": [], "blocked": []}
    assert (await bob.http.get("/friends")).gives(200) == nobody | {"incoming": [alice.user]}
    (await bob.http.post(f"/friends/{alice.user}/decline")).gives(204)
    (await bob.http.post(f"/friends/{alice.user}/accept")).refuses(404, "not_found")
    (await alice.http.post("/friends", {"user": bob.user})).gives(204)
    (await bob.http.post(f"/friends/{alice.user}/accept")).gives(204)
    assert (await alice.http.get("/friends")).gives(200) == nobody | {"friends": [bob.user]}
    (await alice.http.delete(f"/friends/{bob.user}")).gives(204)
    assert (await alice.http.get("/friends")).gives(200) == nobody
    await bob.eventually_hears("friend", user=alice.user, change="removed")
    (await alice.http.post("/friends", {"user": "nobody.at.all"})).refuses(404, "not_found")
    (await alice.http.post("/friends", {"user": alice.user})).refuses(400, "bad_request")
    (await alice.http.delete("/friends/nobody.at.all")).refuses(404, "not_found")


async def test_blocks(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    await stage.friends(alice, bob)
    for _ in range(2):
        (await alice.http.put(f"/blocks/{bob.user}")).gives(204)
    assert (await alice.http.get("/friends")).gives(200)["blocked"] == [bob.user]
    body = {"content": "!", "msg_id": "1"}
    (await bob.http.post(f"/direct/{alice.user}/entries", body)).refuses(403, "not_friends")
    (await alice.http.post(f"/direct/{bob.user}/entries", body)).refuses(403, "blocked")
    for _ in range(2):
        (await alice.http.delete(f"/blocks/{bob.user}")).gives(204)
    assert (await alice.http.get("/friends")).gives(200)["blocked"] == []
    (await alice.http.put("/blocks/nobody.at.all")).refuses(404, "not_found")


async def presences(asker: Connection, users: str | list[str]) -> object:
    return (await asker.http.get("/presence", user=users)).gives(200)["presences"]


async def test_presence(stage: Stage) -> None:
    alice, bob, eve = await stage.people("alice", "bob", "eve")
    await stage.friends(alice, bob)
    there = {"user": bob.user, "online": True, "last_seen": None}
    nothing = {"user": eve.user, "online": False, "last_seen": None}
    await stage.agrees([there, nothing], partial(presences, alice, [bob.user, eve.user]))
    await stage.agrees([there], partial(presences, alice, bob.user))
    (await alice.http.get("/presence", user=["x"] * 201)).refuses(400, "bad_request")


async def test_sessions_are_listed(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    [session] = (await alice.http.get("/sessions")).gives(200)["sessions"]
    assert session["session"] == alice.welcome["session"]
    assert session["current"] is True


async def test_the_documentation_is_there(stage: Stage) -> None:
    page = await stage.client.get(f"{stage.server.root}/api/docs")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    document = await stage.client.get(f"{stage.server.root}/api/docs/openapi.json")
    assert document.json()["openapi"].startswith("3.")
