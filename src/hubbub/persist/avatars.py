"""Pictures at rest: model.avatars.AvatarStore."""

from functools import partial

from sqlalchemy import delete, insert, select, update

from hubbub.model.avatars import Avatar
from hubbub.model.replies import ProfileListing
from hubbub.persist.accounts import read_profile
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.tables import avatars, users


class StoredAvatars:
    """The avatars table: one row a user, so that what a user may store is bounded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unavailable_when_down
    async def put(self, user: str, avatar: Avatar) -> ProfileListing | None:
        """Keep the picture instead of the former one and show it in the profile; None without such a user."""
        return await self._database.transact(partial(_put, user, avatar))

    @unavailable_when_down
    async def find(self, name: str) -> Avatar | None:
        """The picture of that name, None if nobody shows it."""
        asked = select(avatars.c.name, avatars.c.media_type, avatars.c.data).where(avatars.c.name == name)
        async with self._database.reading() as connection:
            row = (await connection.execute(asked.limit(1))).first()
        return None if row is None else Avatar(name=row[0], media_type=row[1], data=row[2])


async def _put(user: str, avatar: Avatar, connection: Lane) -> ProfileListing | None:
    changed = await connection.execute(update(users).where(users.c.user == user).values(avatar=avatar.path))
    if not changed.rowcount:
        return None
    await connection.execute(delete(avatars).where(avatars.c.user == user))
    await connection.execute(
        insert(avatars).values(user=user, name=avatar.name, media_type=avatar.media_type, data=avatar.data)
    )
    return await read_profile(connection, user)
