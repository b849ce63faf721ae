from collections.abc import Sequence

import jwt
import pytest
from sqlalchemy import select

from hubbub.codec.access_tokens import mint
from hubbub.codec.external_tokens import Provider
from hubbub.execute import authentication
from hubbub.execute.authentication import Authenticator
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.sessions import Lifetimes, Session
from hubbub.persist.engine import Database
from hubbub.persist.provider_keys import JwksKeys, secret_key
from hubbub.persist.sessions import StoredSessions
from hubbub.persist.tables import users

NOW = 1_700_000_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
THEIRS = "fedcba9876543210fedcba9876543210"
OTHERS = "00000000000000000000000000000000"
END = NOW // 1000 + 60


class Untouchable(StoredSessions):
    """The store of a test in which the database must not be asked."""

    def __init__(self) -> None: ...

    async def ensure(self, session: Session, display_name: str) -> None:
        pytest.fail("a token of our own asked the database")


class Counting(StoredSessions):
    """The real store, counting."""

    calls = 0

    async def ensure(self, session: Session, display_name: str) -> None:
        self.calls += 1
        await super().ensure(session, display_name)


def provider(alias: str, issuer: str) -> Provider:
    return Provider(alias=alias, issuer=issuer, audience="hubbub", algorithms=("HS256",))


PROVIDERS = {
    "corp": (provider("corp", "https://id.example"), secret_key(THEIRS)),
    "guild": (provider("guild", "https://guild.example"), secret_key(OTHERS)),
}


def external(secret: str = THEIRS, **changes: object) -> str:
    claims = {
        "iss": "https://id.example",
        "aud": "hubbub",
        "sub": "7",
        "exp": END,
        "name": "Seven",
        "jti": "t1",
    }
    return jwt.encode(claims | changes, secret, "HS256")


def refused_by(call: object) -> Refused:
    assert callable(call)
    with pytest.raises(Refused) as refused:
        call()
    assert refused.value.code is ErrorCode.UNAUTHENTICATED
    return refused.value


@pytest.fixture
def revoked() -> set[str]:
    return set()


@pytest.fixture
def store(database: Database) -> Counting:
    return Counting(database, Lifetimes())


@pytest.fixture
def authenticator(revoked: set[str], store: Counting) -> Authenticator:
    return Authenticator(SECRET, revoked.__contains__, store, PROVIDERS)


async def test_a_token_of_our_own_is_believed_without_the_database() -> None:
    authenticator = Authenticator(SECRET, lambda _session: False, Untouchable())
    token, _ = mint("alice", "s1", NOW, 900_000, SECRET)
    for identity in (authenticator.verify(token, NOW), await authenticator.authenticate(token, NOW)):
        assert (identity.user, identity.session, identity.ends_at) == ("alice", "s1", None)


def test_it_ends_to_the_millisecond(authenticator: Authenticator) -> None:
    token, expires_at = mint("alice", "s1", NOW, 900_000, SECRET)
    assert authenticator.verify(token, expires_at - 1).user == "alice"
    assert "refresh" in refused_by(lambda: authenticator.verify(token, expires_at)).message


def test_a_revoked_session_is_refused(authenticator: Authenticator, revoked: set[str]) -> None:
    token, _ = mint("alice", "s1", NOW, 900_000, SECRET)
    revoked.add("s1")
    assert "log in again" in refused_by(lambda: authenticator.verify(token, NOW)).message


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 100_000])
def test_nonsense_is_refused_with_advice(authenticator: Authenticator, token: str) -> None:
    assert "log in" in refused_by(lambda: authenticator.verify(token, NOW)).message


async def test_an_external_user_is_named_after_the_provider(
    authenticator: Authenticator, database: Database
) -> None:
    identity = await authenticator.authenticate(external(), NOW)
    assert (identity.user, identity.ends_at) == ("corp:7", END * 1000)
    assert identity.session.startswith("x")
    async with database.reading() as connection:
        assert await connection.scalar(select(users.c.display_name)) == "Seven"


async def test_the_rows_are_made_once_and_then_remembered(
    authenticator: Authenticator, store: Counting
) -> None:
    first = await authenticator.authenticate(external(), NOW)
    second = await authenticator.authenticate(external(), NOW + 1)
    assert first == second
    assert store.calls == 1


async def test_what_is_forgotten_is_looked_up_again(
    authenticator: Authenticator, store: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "KNOWN_EXTERNAL", 2)
    for token_id in ("a", "b", "c", "a"):
        await authenticator.authenticate(external(jti=token_id), NOW)
    assert store.calls == 4
    assert len(authenticator._known) == 2


async def test_two_providers_cannot_be_mistaken_for_one_another(authenticator: Authenticator) -> None:
    theirs = await authenticator.authenticate(external(), NOW)
    others = await authenticator.authenticate(external(OTHERS, iss="https://guild.example"), NOW)
    assert (theirs.user, others.user) == ("corp:7", "guild:7")
    assert theirs.session != others.session
    refused_by(lambda: authenticator.verify(external(OTHERS), NOW))
    refused_by(lambda: authenticator.verify(external(iss="https://guild.example"), NOW))


def test_a_provider_cannot_make_tokens_of_ours(authenticator: Authenticator) -> None:
    forged = jwt.encode({"iss": "hubbub", "sub": "alice", "sid": "s1", "iat": 1, "exp": END}, THEIRS, "HS256")
    refused_by(lambda: authenticator.verify(forged, NOW))


@pytest.mark.parametrize("subject", ["", "a/b", "a b", "a\0b", "\x85", "x" * 129])
def test_a_subject_that_cannot_be_a_name_is_refused(authenticator: Authenticator, subject: str) -> None:
    refused_by(lambda: authenticator.verify(external(sub=subject), NOW))


def test_an_external_token_that_ended_says_where_to_get_another(authenticator: Authenticator) -> None:
    refused = refused_by(lambda: authenticator.verify(external(), END * 1000))
    assert "identity provider" in refused.message


async def test_logging_out_ends_an_external_token_too(
    authenticator: Authenticator, store: Counting, revoked: set[str]
) -> None:
    identity = await authenticator.authenticate(external(), NOW)
    ended: Sequence[str] = await store.revoke(identity.user, identity.session, NOW)
    revoked.update(ended)
    assert ended == [identity.session]
    refused_by(lambda: authenticator.verify(external(), NOW))


async def test_keys_are_fetched_for_the_token_that_needs_them(store: Counting) -> None:
    asked: list[str] = []

    async def get(url: str) -> bytes:
        asked.append(url)
        return b'{"keys": []}'

    keys = JwksKeys("https://id.example/jwks", ("RS256",), get)
    rs256 = Provider(alias="corp", issuer="https://id.example", audience="hubbub", algorithms=("RS256",))
    authenticator = Authenticator(SECRET, lambda _session: False, store, {"corp": (rs256, keys)})
    own, _ = mint("alice", "s1", NOW, 900_000, SECRET)
    await authenticator.authenticate(own, NOW)
    assert asked == []
    with pytest.raises(Refused, match="key is not known"):
        await authenticator.authenticate(external(), NOW)
    assert asked == ["https://id.example/jwks"]
