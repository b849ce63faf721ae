import pytest
from tests.unit.accept.http.world import START, Setup, World


def account(**changes: object) -> dict[str, object]:
    return {"user": "alice", "password": "correct horse"} | changes


async def test_signing_up_gives_tokens_that_work(world: World) -> None:
    answer = await world.ask("POST", "/accounts", account(display_name="Alice A."))
    assert answer.status_code == 201
    tokens = answer.json()
    assert sorted(tokens) == ["expires_at", "refresh_token", "token", "user"]
    assert tokens["expires_at"] == START + 900_000
    me = await world.ask("GET", "/me", authorization=f"Bearer {tokens['token']}")
    assert me.json() == {"user": "alice", "display_name": "Alice A."}


async def test_the_display_name_is_the_handle_unless_given(alice: World) -> None:
    assert (await alice.ask("GET", "/me")).json()["display_name"] == "alice"


async def test_a_taken_name_is_a_conflict_and_changes_nothing(world: World) -> None:
    await world.sign_up()
    answer = await world.ask("POST", "/accounts", account(password="another horse"))
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await world.ask("POST", "/sessions", account())).status_code == 201


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"user": "a"}, "bad_request", "user"),
        ({"user": "Alice"}, "bad_request", "user"),
        ({"user": "corp:7"}, "bad_request", "user"),
        ({"user": "a" * 33}, "bad_request", "user"),
        ({"user": 7}, "bad_request", "user"),
        ({"password": "short"}, "bad_request", "password"),
        ({"password": "x" * 1025}, "too_long", "password"),
        ({"password": "nul\0nul\0nul"}, "bad_request", "password"),
        ({"display_name": ""}, "bad_request", "display_name"),
        ({"display_name": "x" * 81}, "too_long", "display_name"),
        ({"display_name": "line\nbreak"}, "bad_request", "display_name"),
        ({"device": "x" * 65}, "bad_request", "device"),
        ({"colour": "red"}, "bad_request", "colour"),
    ],
)
async def test_what_is_wrong_is_named(world: World, changes: dict[str, object], code: str, word: str) -> None:
    answer = await world.ask("POST", "/accounts", account(**changes))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert word in answer.json()["detail"]


@pytest.mark.parametrize("setup", [Setup(signup_open=False)])
async def test_signing_up_can_be_closed(world: World) -> None:
    answer = await world.ask("POST", "/accounts", account())
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_twenty_first_sign_up_in_an_hour_waits(world: World) -> None:
    for number in range(20):
        await world.sign_up(f"user{number}")
    answer = await world.ask("POST", "/accounts", account())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (429, "rate_limited")
    assert problem["retry_after_ms"] == 180_000
    assert answer.headers["retry-after"] == "180"
    world.now += 180_000
    await world.sign_up()


async def test_refused_sign_ups_do_not_count_but_taken_names_do(world: World) -> None:
    for _ in range(30):
        await world.ask("POST", "/accounts", account(password="short"))
    await world.sign_up()
    for _ in range(19):
        assert (await world.ask("POST", "/accounts", account())).status_code == 409
    assert (await world.ask("POST", "/accounts", account())).status_code == 429


async def test_addresses_do_not_share_a_limit_but_one_ipv6_site_does(world: World) -> None:
    world.address = "2001:db8:1:2::1"
    for number in range(20):
        await world.sign_up(f"user{number}")
    world.address = "2001:db8:1:2:ffff::9"
    assert (await world.ask("POST", "/accounts", account())).status_code == 429
    world.address = "2001:db8:1:3::1"
    await world.sign_up("carol")


@pytest.mark.parametrize("setup", [Setup(limits=(0, 0, 0))])
async def test_zero_means_no_limit(world: World) -> None:
    for number in range(25):
        await world.sign_up(f"user{number}")
    wrong = account(user="user1", password="wrong horse")
    for _ in range(25):
        assert (await world.ask("POST", "/sessions", wrong)).status_code == 401


async def test_the_profile_is_changed_field_by_field(alice: World) -> None:
    changed = await alice.ask("PATCH", "/me", {"display_name": "Al", "avatar": "https://a.example/x.png"})
    assert changed.json() == {"user": "alice", "display_name": "Al", "avatar": "https://a.example/x.png"}
    await alice.ask("PATCH", "/me", {"display_name": "Allie"})
    assert (await alice.ask("GET", "/me")).json()["avatar"] == "https://a.example/x.png"
    await alice.ask("PATCH", "/me", {"avatar": None})
    assert (await alice.ask("GET", "/me")).json() == {"user": "alice", "display_name": "Allie"}


@pytest.mark.parametrize(
    "avatar",
    [
        "http://a.example/x.png",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "x" * 513,
        "a\nb",
        "https://",
    ],
)
async def test_an_avatar_a_browser_should_not_load_is_refused(alice: World, avatar: str) -> None:
    assert (await alice.ask("PATCH", "/me", {"avatar": avatar})).status_code == 400
    assert "avatar" not in (await alice.ask("GET", "/me")).json()


async def test_a_display_name_cannot_be_taken_away(alice: World) -> None:
    assert (await alice.ask("PATCH", "/me", {"display_name": None})).status_code == 400
    assert (await alice.ask("PATCH", "/me", {"display_name": "  "})).status_code == 400


async def test_a_token_ends_after_its_life(alice: World) -> None:
    alice.now += 899_999
    assert (await alice.ask("GET", "/me")).status_code == 200
    alice.now += 1
    assert (await alice.ask("GET", "/me")).status_code == 401
