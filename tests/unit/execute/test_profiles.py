from collections.abc import Iterable
from typing import cast

import pytest
from msgspec import UNSET

from hubbub.execute.profiles import Profiles, profile
from hubbub.model.commands import Profile
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.replies import ProfileListing
from hubbub.persist.accounts import StoredAccounts
from hubbub.persist.engine import Database
from hubbub.persist.tables import users


class People:
    """Of model.ports.People, what profiles need."""

    async def profiles(self, asked: Iterable[str]) -> dict[str, ProfileListing]:
        return {
            user: ProfileListing(user=user, display_name=user.title()) for user in asked if user != "nobody"
        }


class Office:
    people = People()


async def test_those_who_exist_are_given_once_each_in_the_order_asked() -> None:
    command = Profile(id=1, users=["bob", "nobody", "alice", "bob"])
    reply = await profile(cast("Desk", Office()), Caller(user="alice", session="s"), command, 0)
    assert [each.user for each in reply.profiles] == ["bob", "alice"]


async def test_whoever_keeps_profiles_in_memory_is_told_of_a_change(database: Database) -> None:
    told: list[ProfileListing] = []

    async def tell(profile: ProfileListing) -> None:
        told.append(profile)

    profiles = Profiles(StoredAccounts(database), tell)
    async with database.writing() as connection:
        await connection.execute(users.insert().values(user="alice", display_name="alice", created_at=0))
    changed = await profiles.change("alice", "Al", UNSET)
    assert (changed.display_name, told) == ("Al", [changed])
    with pytest.raises(Refused):
        await profiles.change("alice", "", UNSET)
    assert told == [changed]


async def test_nobody_has_no_profile(database: Database) -> None:
    told: list[ProfileListing] = []

    async def tell(profile: ProfileListing) -> None:
        told.append(profile)

    profiles = Profiles(StoredAccounts(database), tell)
    for call in (profiles.own("nobody"), profiles.change("nobody", "No", UNSET)):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code is ErrorCode.NOT_FOUND
    assert told == []
