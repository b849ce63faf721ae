import asyncio
import threading
from collections.abc import Iterator

import pytest

from hubbub.model.errors import ErrorCode, Refused
from hubbub.runtime.passwords import ArgonPasswords, HashCost

CHEAP = HashCost(time=1, memory_kib=8, parallelism=1, threads=1, queue=1)


@pytest.fixture
def passwords() -> Iterator[ArgonPasswords]:
    passwords = ArgonPasswords(CHEAP)
    yield passwords
    passwords.close()


async def test_only_the_password_verifies(passwords: ArgonPasswords) -> None:
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify("correct horse", hashed)
    assert not await passwords.verify("correct horse ", hashed)


async def test_an_unknown_user_costs_one_verification_of_the_hash_of_nobody(
    passwords: ArgonPasswords, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = passwords._matches
    monkeypatch.setattr(
        passwords, "_matches", lambda password, hashed: (verified.append(hashed), real(password, hashed))[1]
    )
    await passwords.warm()
    assert not await passwords.verify("whatever", None)
    assert verified == [passwords._dummy]
    assert verified[0].split("$")[3] == "m=8,t=1,p=1"  # what a real hash costs


async def test_not_even_the_password_of_nobody_lets_an_unknown_user_in(passwords: ArgonPasswords) -> None:
    assert not await passwords.verify("the password of nobody", None)


async def test_a_hash_that_is_none_is_no_match_and_outdated(passwords: ArgonPasswords) -> None:
    assert not await passwords.verify("x", "not a hash")
    assert passwords.is_outdated("not a hash")


async def test_a_hash_of_other_parameters_is_outdated(passwords: ArgonPasswords) -> None:
    hashed = await passwords.hash("correct horse")
    assert not passwords.is_outdated(hashed)
    assert ArgonPasswords(HashCost(time=2, memory_kib=8)).is_outdated(hashed)


async def test_beyond_the_queue_it_is_unavailable_until_there_is_room(passwords: ArgonPasswords) -> None:
    gate = threading.Event()
    held = [asyncio.ensure_future(passwords._run(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Refused) as refused:
        await passwords.hash("one too many")
    assert refused.value.code is ErrorCode.UNAVAILABLE
    gate.set()
    await asyncio.gather(*held)
    assert await passwords.hash("now there is room")
