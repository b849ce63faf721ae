import asyncio

import pytest
from sqlalchemy import select, text

from hubbub.codec.access_tokens import read
from hubbub.execute.accounts import AccountPolicy, Accounts
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Tokens
from hubbub.model.sessions import Lifetimes
from hubbub.persist.accounts import StoredAccounts
from hubbub.persist.engine import Database
from hubbub.persist.sessions import StoredSessions
from hubbub.persist.tables import sessions, users

NOW = 1_700_000_000_000
SECRET = b"0123456789abcdef0123456789abcdef"


class PlainPasswords:
    """model.accounts.Passwords without the cost: `<version>:<password>`."""

    def __init__(self) -> None:
        self.version = 1
        self.verified: list[str | None] = []
        self.full = False

    async def hash(self, password: str) -> str:
        if self.full:
            raise Refused(ErrorCode.UNAVAILABLE)
        await asyncio.sleep(0)
        return f"{self.version}:{password}"

    async def verify(self, password: str, hashed: str | None) -> bool:
        self.verified.append(hashed)
        return hashed is not None and hashed.partition(":")[2] == password

    def is_outdated(self, hashed: str) -> bool:
        return not hashed.startswith(f"{self.version}:")


class Entropy:
    """Different bytes every time, the same in every run."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, size: int) -> bytes:
        self.asked += 1
        return self.asked.to_bytes(size, "big")


class Office:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.passwords = PlainPasswords()
        self.entropy = Entropy()
        self.accounts = Accounts(StoredAccounts(database), self.passwords, AccountPolicy(secret=SECRET))

    async def sign_up(self, user: str = "alice", password: str = "correct horse") -> Tokens:
        return await self.accounts.sign_up(user, password, None, "laptop", NOW, self.entropy)

    async def log_in(self, user: str, password: str) -> Tokens:
        return await self.accounts.log_in(user, password, "phone", NOW + 1, self.entropy)

    async def stored_hash(self) -> str | None:
        async with self.database.reading() as connection:
            return await connection.scalar(select(users.c.password_hash))


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def test_signing_up_opens_a_session_with_a_token_for_it(office: Office, database: Database) -> None:
    tokens = await office.sign_up()
    claims = read(tokens.token, SECRET)
    assert claims is not None
    (session,) = await StoredSessions(database, Lifetimes()).of_user("alice", NOW)
    assert (claims.user, claims.session) == ("alice", session.id)
    assert (session.device, session.expires_at) == ("laptop", NOW + Lifetimes().session_ms)


async def test_of_two_who_want_a_name_at_once_one_gets_it(office: Office, database: Database) -> None:
    results = await asyncio.gather(
        *(office.sign_up(password=f"password {number}") for number in range(4)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert [each.code for each in refused] == [ErrorCode.CONFLICT] * 3
    async with database.reading() as connection:
        assert len((await connection.execute(select(sessions.c.id))).all()) == 1


async def test_no_refresh_token_is_stored(office: Office, database: Database) -> None:
    tokens = await office.sign_up()
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT * FROM refresh_tokens, sessions, users"))
        assert tokens.refresh_token not in repr(rows.all())


async def test_an_unknown_user_costs_a_verification_too(office: Office) -> None:
    await office.sign_up()
    for user in ("alice", "nobody"):
        with pytest.raises(Refused) as refused:
            await office.log_in(user, "wrong horse")
        assert refused.value.code is ErrorCode.UNAUTHENTICATED
    assert office.passwords.verified == ["1:correct horse", None]


async def test_an_external_user_has_no_password(office: Office, database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(users.insert().values(user="corp:7", display_name="Seven", created_at=NOW))
    with pytest.raises(Refused):
        await office.log_in("corp:7", "")


async def test_a_hash_of_old_parameters_is_made_anew_at_log_in(office: Office) -> None:
    await office.sign_up()
    await office.log_in("alice", "correct horse")
    assert await office.stored_hash() == "1:correct horse"
    office.passwords.version = 2
    with pytest.raises(Refused):
        await office.log_in("alice", "wrong horse")
    assert await office.stored_hash() == "1:correct horse"
    await office.log_in("alice", "correct horse")
    assert await office.stored_hash() == "2:correct horse"


async def test_beyond_the_queue_signing_up_is_unavailable_and_changes_nothing(office: Office) -> None:
    office.passwords.full = True
    with pytest.raises(Refused) as refused:
        await office.sign_up()
    assert refused.value.code is ErrorCode.UNAVAILABLE
    office.passwords.full = False
    await office.sign_up()


async def test_a_taken_name_is_refused_before_the_expensive_hash(office: Office) -> None:
    await office.sign_up()
    office.passwords.full = True
    with pytest.raises(Refused) as refused:
        await office.sign_up()
    assert refused.value.code is ErrorCode.CONFLICT
