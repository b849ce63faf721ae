import asyncio
from typing import Any

import httpx
import pytest
from tests.unit.accept.http.world import World

from hubbub.model.sessions import DAY_MS

ALICE = {"user": "alice", "password": "correct horse"}
WRONG = {"user": "alice", "password": "wrong horse"}


async def log_in(world: World, body: dict[str, str] = ALICE) -> httpx.Response:
    return await world.ask("POST", "/sessions", body)


async def refresh(world: World, token: str) -> httpx.Response:
    return await world.ask("POST", "/sessions/refresh", {"refresh_token": token})


async def works(world: World, tokens: dict[str, Any]) -> bool:
    answer = await world.ask("GET", "/me", authorization=f"Bearer {tokens['token']}")
    return answer.status_code == 200


async def test_logging_in_gives_a_session_of_its_own(alice: World) -> None:
    tokens = (await log_in(alice, ALICE | {"device": "phone"})).json()
    assert await works(alice, tokens)
    sessions = (await alice.ask("GET", "/sessions")).json()["sessions"]
    assert sorted((each["device"], each["current"]) for each in sessions) == [("", True), ("phone", False)]


async def test_unknown_users_and_wrong_passwords_are_answered_alike(world: World) -> None:
    await world.sign_up()
    wrong = await log_in(world, WRONG)
    unknown = await log_in(world, {"user": "nobody", "password": "wrong horse"})
    malformed = await log_in(world, {"user": "NOBODY/", "password": "wrong horse"})
    assert wrong.status_code == 401
    assert wrong.headers["www-authenticate"] == "Bearer"
    assert wrong.content == unknown.content == malformed.content


async def test_ten_failures_a_minute_close_the_account_to_guesses_from_everywhere(world: World) -> None:
    await world.sign_up()
    for number in range(10):
        world.address = f"192.0.2.{number}"
        assert (await log_in(world, WRONG)).status_code == 401
    world.address = "192.0.2.99"
    assert (await log_in(world)).status_code == 429
    world.now += 6_000
    assert (await log_in(world)).status_code == 201


async def test_ten_failures_a_minute_close_the_address(world: World) -> None:
    await world.sign_up()
    for number in range(10):
        assert (await log_in(world, {"user": f"no{number}", "password": "whatever"})).status_code == 401
    answer = await log_in(world)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "6")
    world.address = "192.0.2.99"
    assert (await log_in(world)).status_code == 201


async def test_guesses_at_once_are_as_limited_as_guesses_in_a_row(world: World) -> None:
    await world.sign_up()
    answers = await asyncio.gather(*(log_in(world, WRONG) for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 5


async def test_log_ins_that_work_are_not_limited(world: World) -> None:
    await world.sign_up()
    for _ in range(15):
        assert (await log_in(world)).status_code == 201


async def test_an_account_whose_limit_is_reached_does_not_use_up_the_address(world: World) -> None:
    await world.sign_up()
    for number in range(10):
        world.address = f"192.0.2.{number}"
        await log_in(world, WRONG)
    world.address = "192.0.2.99"
    for _ in range(20):
        assert (await log_in(world)).status_code == 429
    assert (await log_in(world, {"user": "nobody", "password": "whatever"})).status_code == 401


async def test_refreshing_gives_new_tokens_of_the_same_session(world: World) -> None:
    tokens = await world.sign_up()
    world.now += DAY_MS
    assert not await works(world, tokens)
    answer = await refresh(world, tokens["refresh_token"])
    assert answer.status_code == 201
    fresh = answer.json()
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert fresh["expires_at"] == world.now + 900_000
    assert await works(world, fresh)
    sessions = await world.ask("GET", "/sessions", authorization=f"Bearer {fresh['token']}")
    assert len(sessions.json()["sessions"]) == 1


async def test_a_stolen_refresh_token_ends_the_session_and_its_access_tokens(world: World) -> None:
    tokens = await world.sign_up()
    fresh = (await refresh(world, tokens["refresh_token"])).json()
    world.now += 30_001
    stolen = await refresh(world, tokens["refresh_token"])
    assert (stolen.status_code, stolen.json()["code"]) == (401, "unauthenticated")
    assert len(world.ended) == 1
    assert not await works(world, fresh)
    assert (await refresh(world, fresh["refresh_token"])).status_code == 401


async def test_a_lost_answer_may_be_asked_for_again(world: World) -> None:
    tokens = await world.sign_up()
    lost = (await refresh(world, tokens["refresh_token"])).json()
    world.now += 30_000
    again = await refresh(world, tokens["refresh_token"])
    assert again.status_code == 201
    assert again.json()["refresh_token"] != lost["refresh_token"]
    assert (await refresh(world, again.json()["refresh_token"])).status_code == 201


@pytest.mark.parametrize("token", ["", "unknown", "é", "x" * 5000])
async def test_what_is_no_refresh_token_is_unauthenticated(world: World, token: str) -> None:
    assert (await refresh(world, token)).status_code == 401


async def test_logging_out_here_ends_this_session_only(alice: World) -> None:
    other = (await log_in(alice)).json()
    assert (await alice.ask("DELETE", "/sessions/current")).status_code == 204
    assert (await alice.ask("GET", "/me")).status_code == 401
    assert await works(alice, other)
    assert len(alice.ended) == 1


async def test_logging_out_there_leaves_this_session(alice: World) -> None:
    other = (await log_in(alice, ALICE | {"device": "phone"})).json()
    sessions = (await alice.ask("GET", "/sessions")).json()["sessions"]
    there = next(each["session"] for each in sessions if each["device"] == "phone")
    assert (await alice.ask("DELETE", f"/sessions/{there}")).status_code == 204
    assert alice.ended == [there]
    assert not await works(alice, other)
    assert (await refresh(alice, other["refresh_token"])).status_code == 401
    assert (await alice.ask("GET", "/me")).status_code == 200


async def test_logging_out_everywhere_ends_every_session(alice: World) -> None:
    other = (await log_in(alice)).json()
    assert (await alice.ask("DELETE", "/sessions")).status_code == 204
    assert (await alice.ask("GET", "/me")).status_code == 401
    assert not await works(alice, other)
    assert len(alice.ended) == 2


@pytest.mark.parametrize("session", ["sunknown", "%00", "s" * 300])
async def test_a_session_that_is_not_ones_own_is_not_found(alice: World, session: str) -> None:
    assert (await alice.ask("DELETE", f"/sessions/{session}")).status_code == 404


async def test_the_session_of_somebody_else_is_not_found(alice: World) -> None:
    bob = await alice.sign_up("bob")
    mine = await alice.ask("GET", "/sessions", authorization=f"Bearer {bob['token']}")
    (theirs,) = mine.json()["sessions"]
    assert (await alice.ask("DELETE", f"/sessions/{theirs['session']}")).status_code == 404
    assert await works(alice, bob)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "Bearer a.b.c"]
)
async def test_without_a_good_token_every_route_is_unauthenticated(world: World, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    for method, path, body in [
        ("GET", "/me", None),
        ("POST", "/rooms", {"nonsense": 1}),
        ("DELETE", "/sessions", None),
    ]:
        answer = await world.ask(method, path, body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert world.desk.asked == []
