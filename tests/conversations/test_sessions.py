"""Sessions and what ends with them (docs/protocol.md §3.7, §4, §6), and tokens of identity providers."""

import time
from functools import partial

import jwt
import pytest

from hubbub_conformance.conversation import Connection, Http, Person, Stage
from hubbub_conformance.profiles import HASTY, WEBSOCKET

pytestmark = pytest.mark.every_store

REVOKED = 4501


async def log_in(person: Person, device: str = "") -> Person:
    """The same person, in another session."""
    body = {"user": person.user, "password": "correct horse", "device": device}
    return Person(person.stage, (await person.stage.stranger.post("/sessions", body)).gives(201))


async def sessions(person: Person) -> dict[str, dict[str, object]]:
    listed = (await person.http.get("/sessions")).gives(200)["sessions"]
    return {each["session"]: each for each in listed}


async def status(person: Person) -> int:
    return (await person.http.get("/me")).status


async def is_revoked(connection: Connection) -> None:
    """Closed with 4501, and the token is worth nothing any more."""
    assert await connection.is_closed(REVOKED) is not None
    await connection.person.stage.agrees(401, partial(status, connection.person))
    (await connection.http.get("/me")).refuses(401, "unauthenticated")
    again = await connection.person.opens()
    await again.is_refused("unauthenticated", "hello", token=connection.person.token)
    await again.is_closed(4500)


async def test_logging_out_here_ends_this_session_only(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    other = await log_in(alice)
    here, too, there = await alice.connects(), await alice.connects(), await other.connects()
    (await alice.http.delete("/sessions/current")).gives(204)
    await is_revoked(here)
    await is_revoked(too)
    await there.asks("ping")


async def test_logging_out_there_ends_the_other_one(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    other = await log_in(alice, "tablet")
    here, there = await alice.connects(), await other.connects()
    [session] = [name for name, each in (await sessions(alice)).items() if each["device"] == "tablet"]
    assert session == there.welcome["session"]
    (await alice.http.delete(f"/sessions/{session}")).gives(204)
    await is_revoked(there)
    await here.asks("ping")
    assert list(await sessions(alice)) == [here.welcome["session"]]


async def test_logging_out_everywhere_ends_all(stage: Stage) -> None:
    alice, bob = await stage.signs_up("alice"), await stage.signs_up("bob")
    connections = [await each.connects() for each in (alice, await log_in(alice), await log_in(alice))]
    bystander = await bob.connects()
    (await alice.http.delete("/sessions")).gives(204)
    for each in connections:
        await is_revoked(each)
    await bystander.asks("ping")


async def test_nobody_ends_sessions_of_others(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    for session in (bob.welcome["session"], "snosuchsession"):
        (await alice.http.delete(f"/sessions/{session}")).refuses(404, "not_found")
    await bob.asks("ping")


async def test_a_refresh_token_used_twice_by_two_ends_the_family(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    connection = await alice.connects()

    async def refresh(token: str) -> dict[str, str]:
        answer = await stage.stranger.post("/sessions/refresh", {"refresh_token": token})
        found: dict[str, str] = answer.gives(201)
        return found

    first = await refresh(alice.refresh_token)
    again = await refresh(alice.refresh_token)  # the answer was lost: within 30 s another successor
    assert first["refresh_token"] != again["refresh_token"]
    await refresh(again["refresh_token"])
    await connection.asks("ping")
    answer = await stage.stranger.post("/sessions/refresh", {"refresh_token": first["refresh_token"]})
    answer.refuses(401, "unauthenticated")
    await is_revoked(connection)


async def test_a_revocation_survives_a_restart(own_stage: Stage) -> None:
    stage = own_stage
    alice = await stage.signs_up("alice")
    connection = await alice.connects()
    (await alice.http.delete("/sessions/current")).gives(204)
    await is_revoked(connection)
    stage.server.crash()
    stage.server.start()
    again = await alice.opens()
    await again.is_refused("unauthenticated", "hello", token=alice.token)


@pytest.mark.settings(HUBBUB_AUTH_ACCESS_TOKEN_SECONDS=2)
async def test_a_connection_lives_with_its_session_not_with_its_token(own_stage: Stage) -> None:
    alice = await own_stage.signs_up("alice")
    connection = await alice.connects()
    while (await alice.http.get("/me")).status == 200:
        await connection.asks("ping")
    (await alice.http.get("/me")).refuses(401, "unauthenticated")
    await connection.asks("create_room", name="Still here")


def token_of(stage: Stage, subject: str, seconds: float, **claims: object) -> Person:
    """Somebody with a token of the corporation's identity provider."""
    said = {
        "iss": "https://login.corp.example",
        "aud": "hubbub",
        "sub": subject,
        "exp": time.time() + seconds,
    }
    token = jwt.encode(said | claims, "a secret of the corporation, 32 bytes", "HS256")
    return Person(stage, {"user": f"corp:{subject}", "token": token, "refresh_token": ""})


@pytest.mark.settings(**HASTY)
async def test_an_external_token_is_a_name_with_its_issuer_and_ends_at_exp(stage: Stage) -> None:
    ann = token_of(stage, "Ann@corp", 4, name="Ann of Corp")
    connection = await ann.connects()
    assert connection.welcome["user"] == "corp:Ann@corp"
    [profile] = (await connection.asks("profile", users=[ann.user]))["profiles"]
    assert profile["display_name"] == "Ann of Corp"
    assert (await ann.http.get("/me")).gives(200)["user"] == ann.user
    assert await connection.is_closed(4500) is not None
    (await ann.http.get("/me")).refuses(401, "unauthenticated")


@pytest.mark.settings(**HASTY)
@pytest.mark.parametrize(
    ("subject", "claims"),
    [
        ("ann", {"aud": "somebody else"}), ("ann", {"iss": "https://evil.example"}), ("ann", {"exp": 1}),
        ("ann", {"nbf": 2**33}), ("a/b", {}), ("a\nb", {}), ("x" * 129, {}), ("", {}),
    ],
)  # fmt: skip
async def test_other_external_tokens_are_refused(
    stage: Stage, subject: str, claims: dict[str, object]
) -> None:
    somebody = token_of(stage, subject, 60, **claims)
    connection = await somebody.opens()
    await connection.is_refused("unauthenticated", "hello", token=somebody.token)
    await connection.is_closed(4500)
    (await somebody.http.get("/me")).refuses(401, "unauthenticated")


@pytest.mark.settings(**HASTY)
async def test_who_comes_from_outside_talks_with_the_others(stage: Stage) -> None:
    ann = await token_of(stage, "ann", 60).connects()
    [bob] = await stage.people("bob")
    chat = await stage.friends(bob, ann)
    await ann.asks("send", msg_type="private", to=bob, content="hi", msg_id="1")
    await bob.hears("message", chat=chat, from_=ann, to=bob)
    (await bob.http.get(f"/users/{ann.user}")).gives(200)


@WEBSOCKET  # failed log-ins are few a minute for all wires together
async def test_log_in_answers_unknown_users_and_wrong_passwords_alike(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    answers = [
        (await stage.stranger.post("/sessions", {"user": user, "password": "wrong wrong"})).refuses(
            401, "unauthenticated"
        )
        for user in (alice.user, "nobody.at.all", "NOT A HANDLE")
    ]
    assert answers[0] == answers[1] == answers[2]


async def test_a_stranger_has_no_token(stage: Stage) -> None:
    for http in (stage.stranger, Http(stage.client, "nonsense")):
        answer = await http.get("/me")
        answer.refuses(401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
