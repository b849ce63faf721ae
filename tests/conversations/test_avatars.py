"""Pictures and names: put by their owners, seen by those who see the owner (docs/protocol.md §2 `profile`, §6)."""

import httpx
import pytest

from hubbub.testing.pictures import jpeg, png
from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.http_requests import Answer

FEW = {"HUBBUB_LIMITS_PROFILE_PER_HOUR": "3"}


async def puts(person: Connection, data: bytes) -> Answer:
    asked = person.http.client.put("/me/avatar", content=data, headers=person.http.headers)
    return Answer(await asked)


async def gets(stage: Stage, path: str) -> httpx.Response:
    return await stage.client.get(stage.server.root + path)


async def test_a_picture_is_shown_to_everybody_under_a_name_that_never_changes(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    picture = png(64, 64)
    profile = (await puts(alice, picture)).gives(200)
    assert profile == (await alice.http.get("/me")).gives(200)
    shown = await gets(stage, profile["avatar"])
    assert (shown.status_code, shown.content) == (200, picture)
    assert shown.headers["content-type"] == "image/png"
    assert "immutable" in shown.headers["cache-control"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"].startswith("inline")
    assert "sandbox" in shown.headers["content-security-policy"]


async def test_a_picture_survives_the_death_of_the_server(own_stage: Stage) -> None:
    [alice] = await own_stage.people("alice")
    profile = (await puts(alice, png())).gives(200)
    own_stage.server.crash()
    own_stage.server.start()
    assert (await gets(own_stage, profile["avatar"])).content == png()


async def test_a_picture_that_is_replaced_or_taken_away_is_gone(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    first = (await puts(alice, png(1, 1, 1))).gives(200)["avatar"]
    second = (await puts(alice, png(1, 1, 2))).gives(200)["avatar"]
    assert (await gets(stage, first)).status_code == 404
    (await alice.http.patch("/me", {"avatar": second, "display_name": "Al"})).gives(200)
    assert (await gets(stage, second)).status_code == 200
    (await alice.http.patch("/me", {"avatar": None})).gives(200)
    assert (await gets(stage, second)).status_code == 404


async def test_the_same_picture_of_two_people_stays_while_one_shows_it(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    path = (await puts(alice, png(2, 2))).gives(200)["avatar"]
    assert (await puts(bob, png(2, 2))).gives(200)["avatar"] == path
    (await alice.http.patch("/me", {"avatar": "🦊"})).gives(200)
    assert (await gets(stage, path)).status_code == 200


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_request"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "bad_request"),
        (png()[:-1], "bad_request"),
        (png() + b"<script>alert(1)</script>", "bad_request"),
        (png(1_025, 1), "too_long"),
        (jpeg(1, 1_025), "too_long"),
        (jpeg(1, 1, b"\xff\xfe\xff\xff" + bytes(65_533)), "too_long"),
    ],
    ids=["nothing", "svg", "cut off", "polyglot", "too wide", "too high", "too many bytes"],
)
async def test_what_is_no_small_picture_is_refused(stage: Stage, data: bytes, code: str) -> None:
    [alice] = await stage.people("alice")
    (await puts(alice, data)).refuses(400, code)
    assert "avatar" not in (await alice.http.get("/me")).gives(200)


@pytest.mark.parametrize("name", ["0" * 40, "0" * 39, "..%2f..%2fhubbub.db", "%00"])
async def test_what_nobody_shows_is_not_found(stage: Stage, name: str) -> None:
    (await stage.stranger.get(f"/avatars/{name}")).refuses(404, "not_found")


async def test_a_picture_needs_a_token(stage: Stage) -> None:
    assert (await stage.client.put("/me/avatar", content=png())).status_code == 401


async def test_friends_fellows_and_ones_own_devices_learn_of_a_changed_profile(stage: Stage) -> None:
    alice, bob, carol, eve = await stage.people("alice", "bob", "carol", "eve")
    phone = await alice.person.connects()
    await stage.friends(alice, bob)
    await stage.room(alice, carol)
    await phone.catches_up()
    (await alice.http.patch("/me", {"display_name": "Alice A."})).gives(200)
    for each in (alice, phone, bob, carol):
        push = await each.hears("profile", user=alice.user, display_name="Alice A.")
        assert "avatar" not in push
    path = (await puts(alice, png())).gives(200)["avatar"]
    for each in (phone, bob, carol):
        await each.hears("profile", user=alice.user, display_name="Alice A.", avatar=path)

    async def known() -> object:
        return (await eve.asks("profile", users=[alice.user]))["profiles"]

    await stage.agrees([{"user": alice.user, "display_name": "Alice A.", "avatar": path}], known)
    await eve.hears_nothing()


@pytest.mark.settings(**FEW)
async def test_a_profile_changes_so_often_an_hour_and_no_more(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    (await alice.http.patch("/me", {"display_name": "1"})).gives(200)
    (await puts(alice, png())).gives(200)
    (await alice.http.patch("/me", {"display_name": "3"})).gives(200)
    (await puts(alice, png(2, 2))).refuses(429, "rate_limited")
    (await alice.http.patch("/me", {"display_name": "4"})).refuses(429, "rate_limited")
    (await bob.http.patch("/me", {"display_name": "bob"})).gives(200)
