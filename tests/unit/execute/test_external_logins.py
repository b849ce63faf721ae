"""To an identity provider and back: every check of the way, each broken once."""

import secrets
from typing import cast

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import Table, func, select

from hubbub.codec.access_tokens import read
from hubbub.codec.sealed import seal
from hubbub.execute.external_logins import ATTEMPT, HAND_OVER, ExternalLogins, LoginPolicy
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.logins import (
    ATTEMPT_MS,
    HAND_OVER_MS,
    HandOver,
    LoginFailed,
    LoginFailure,
    safe_return,
)
from hubbub.model.sessions import Lifetimes
from hubbub.persist.engine import Database
from hubbub.persist.sessions import StoredSessions
from hubbub.persist.tables import sessions, users
from hubbub.testing.corporation import CLIENT, ISSUER, KEY, KEY_ID, Corporation

NOW = 1_700_000_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
BACK = "https://chat.example/api/v1/oidc/corp/callback"
STRANGE = rsa.generate_private_key(65537, 2048)


class Way:
    """A browser on its way through one provider."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.corp = Corporation(lambda: self.now)
        self.logins = ExternalLogins(
            {"corp": self.corp.door(BACK), "guild": self.corp.door(BACK)},
            StoredSessions(database, Lifetimes()),
            LoginPolicy(secret=SECRET),
        )
        self.answer: dict[str, str] = {}
        self.sealed = ""

    async def goes(self, return_to: str = "/chat/r1") -> None:
        """There, and logs in."""
        url, self.sealed = await self.logins.start("corp", return_to, self.now, secrets.token_bytes)
        self.answer = self.corp.logs_in(url)

    async def returns(self, alias: str = "corp") -> str:
        return await self.logins.finish(alias, self.answer, self.sealed, self.now, secrets.token_bytes)

    async def fails(self, failure: LoginFailure, alias: str = "corp") -> None:
        with pytest.raises(LoginFailed) as failed:
            await self.returns(alias)
        assert failed.value.failure is failure


@pytest.fixture
def way(database: Database) -> Way:
    return Way(database)


async def count(database: Database, table: Table) -> int:
    async with database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(table))


async def test_who_logged_in_there_has_a_session_here(way: Way, database: Database) -> None:
    await way.goes()
    signed_in = await way.logins.redeem(await way.returns(), "browser", NOW, secrets.token_bytes)
    assert (signed_in.user, signed_in.return_to) == ("corp:ann", "/chat/r1")
    claims = read(signed_in.token, SECRET)
    assert claims is not None
    assert claims.user == "corp:ann"
    async with database.reading() as connection:
        [row] = await connection.execute(select(sessions.c.user, sessions.c.device, sessions.c.id))
        [name] = await connection.scalars(select(users.c.display_name))
    assert (row[0], row[1], row[2], name) == ("corp:ann", "browser", claims.session, "Ann of Corp")


async def test_the_second_time_is_the_same_user_with_another_session(way: Way, database: Database) -> None:
    for _ in range(2):
        await way.goes()
        await way.logins.redeem(await way.returns(), "", NOW, secrets.token_bytes)
    assert (await count(database, users), await count(database, sessions)) == (1, 2)


async def test_a_hand_over_is_redeemed_once(way: Way, database: Database) -> None:
    await way.goes()
    handed = await way.returns()
    await way.logins.redeem(handed, "", NOW, secrets.token_bytes)
    with pytest.raises(Refused) as refused:
        await way.logins.redeem(handed, "", NOW, secrets.token_bytes)
    assert refused.value.code is ErrorCode.UNAUTHENTICATED
    assert await count(database, sessions) == 1


async def test_a_hand_over_is_redeemed_soon_or_never(way: Way) -> None:
    await way.goes()
    handed = await way.returns()
    for text in (handed, "", "nonsense"):
        with pytest.raises(Refused):
            await way.logins.redeem(text, "", NOW + HAND_OVER_MS, secrets.token_bytes)


async def test_an_attempt_is_no_hand_over_and_the_other_way_round(way: Way) -> None:
    await way.goes()
    with pytest.raises(Refused):
        await way.logins.redeem(way.sealed, "", NOW, secrets.token_bytes)
    way.sealed = await way.returns()
    await way.fails(LoginFailure.EXPIRED)
    forged = HandOver(user="alice", display_name="", session="s1", return_to="/")
    with pytest.raises(Refused):
        await way.logins.redeem(seal(forged, ATTEMPT, SECRET, NOW + 1_000), "", NOW, secrets.token_bytes)
    with pytest.raises(Refused):
        await way.logins.redeem(seal(forged, HAND_OVER, b"x" * 32, NOW + 1_000), "", NOW, secrets.token_bytes)


async def test_a_wrong_state_is_somebody_elses_answer(way: Way) -> None:
    await way.goes()
    for state in ("", "x", way.answer["state"] + "x", "é"):
        way.answer["state"] = state
        await way.fails(LoginFailure.EXPIRED)


async def test_an_answer_without_the_attempt_is_refused(way: Way) -> None:
    """Another browser's answer, slipped under this one: log-in CSRF."""
    await way.goes()
    other = way.answer
    await way.goes()
    way.answer = other
    await way.fails(LoginFailure.EXPIRED)
    way.sealed = ""
    await way.fails(LoginFailure.EXPIRED)


async def test_an_attempt_does_not_last_for_ever(way: Way) -> None:
    await way.goes()
    way.now += ATTEMPT_MS
    await way.fails(LoginFailure.EXPIRED)


async def test_an_answer_of_one_provider_is_not_taken_for_anothers(way: Way) -> None:
    await way.goes()
    await way.fails(LoginFailure.EXPIRED, "guild")


async def test_a_callback_that_is_replayed_finds_the_code_used(way: Way) -> None:
    await way.goes()
    await way.returns()
    await way.fails(LoginFailure.INVALID)


async def test_the_code_is_worth_nothing_without_the_verifier(way: Way) -> None:
    """Whoever got hold of the code has not the attempt it belongs to (RFC 7636)."""
    await way.goes()
    stolen = way.answer["code"]
    await way.goes()
    way.answer["code"] = stolen
    await way.fails(LoginFailure.INVALID)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"aud": ["hubbub-client", "other"], "azp": "other"},
        {"azp": "other"},
        {"exp": NOW // 1000},
        {"nbf": NOW // 1000 + 3_600},
        {"iss": "https://evil.example"},
        {"sub": "a/b"},
        {"sub": "x" * 129},
        {"sub": 7},
    ],
    ids=str,
)
async def test_an_id_token_that_does_not_fit_proves_nothing(
    way: Way, database: Database, claims: dict[str, object]
) -> None:
    way.corp.claims |= claims
    await way.goes()
    await way.fails(LoginFailure.INVALID)
    assert await count(database, users) == 0


async def test_several_audiences_are_fine_if_the_token_was_issued_for_us(way: Way) -> None:
    way.corp.claims |= {"aud": [CLIENT.id, "other"], "azp": CLIENT.id}
    await way.goes()
    assert await way.returns()


def id_token(key: object, algorithm: str, nonce: str, kid: str = KEY_ID) -> bytes:
    said = {"iss": ISSUER, "aud": CLIENT.id, "sub": "ann", "exp": NOW // 1000 + 60, "nonce": nonce}
    token = jwt.encode(said, cast("str", key), algorithm, headers={"kid": kid})
    return msgspec.json.encode({"id_token": token})


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [
        (STRANGE, "RS256", KEY_ID),
        (KEY, "RS512", KEY_ID),
        (KEY, "RS256", "unknown"),
        (CLIENT.secret.ljust(32), "HS256", KEY_ID),
        (None, "none", KEY_ID),
    ],
    ids=["strange key", "other algorithm", "unknown key", "hmac", "none"],
)
async def test_only_the_configured_signature_is_believed(
    way: Way, key: object, algorithm: str, kid: str
) -> None:
    url, way.sealed = await way.logins.start("corp", "/", NOW, lambda size: b"7" * size)
    way.answer = way.corp.logs_in(url)
    nonce = url.partition("nonce=")[2].partition("&")[0]
    way.corp.answer = id_token(key, algorithm, nonce, kid)
    await way.fails(LoginFailure.INVALID)


async def test_the_same_token_with_the_right_signature_is_believed(way: Way) -> None:
    url, way.sealed = await way.logins.start("corp", "/", NOW, lambda size: b"7" * size)
    way.answer = way.corp.logs_in(url)
    way.corp.answer = id_token(KEY, "RS256", url.partition("nonce=")[2].partition("&")[0])
    assert await way.returns()


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"access_token": "x"}', b'{"id_token": "nonsense"}'])
async def test_an_answer_without_an_id_token_proves_nothing(way: Way, answer: bytes) -> None:
    way.corp.answer = answer
    await way.goes()
    await way.fails(LoginFailure.INVALID)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({"error": "access_denied"}, LoginFailure.CANCELLED),
        ({"error": "server_error"}, LoginFailure.INVALID),
        ({"error": "access_denied", "iss": "https://evil.example"}, LoginFailure.INVALID),
        ({}, LoginFailure.INVALID),
        ({"code": ""}, LoginFailure.INVALID),
        ({"code": "invented"}, LoginFailure.INVALID),
    ],
    ids=str,
)
async def test_what_is_no_code_has_a_name(way: Way, answer: dict[str, str], failure: LoginFailure) -> None:
    await way.goes()
    way.answer = answer | {"state": way.answer["state"]}
    await way.fails(failure)


async def test_a_provider_that_is_away_is_said_to_be(way: Way) -> None:
    await way.goes()
    way.corp.away = True
    await way.fails(LoginFailure.UNAVAILABLE)
    with pytest.raises(LoginFailed):
        await way.logins.start("corp", "/", NOW, secrets.token_bytes)


async def test_a_provider_nobody_configured_is_not_found(way: Way) -> None:
    for call in (
        way.logins.start("nobody", "/", NOW, secrets.token_bytes),
        way.logins.finish("nobody", {}, "", NOW, secrets.token_bytes),
    ):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code is ErrorCode.NOT_FOUND


async def test_an_attempt_carries_no_place_outside(way: Way) -> None:
    await way.goes("https://evil.example/")
    assert (await way.logins.redeem(await way.returns(), "", NOW, secrets.token_bytes)).return_to == "/"


@pytest.mark.parametrize("path", ["/", "/chat/r1", "/chat/r1?at=7#x", "/settings"])
def test_a_place_inside_the_app_is_kept(path: str) -> None:
    assert safe_return(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None, "", "chat", "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil",
        "javascript:alert(1)", "/\n", "/" + "x" * 512, "/é", "/api/v1/oidc/corp/start", " /chat",
    ],
)  # fmt: skip
def test_a_place_elsewhere_is_the_front_door(path: str | None) -> None:
    assert safe_return(path) == "/"
