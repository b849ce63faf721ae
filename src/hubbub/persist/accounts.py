"""Users at rest: model.accounts.AccountStore."""

from functools import partial
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from hubbub.model.accounts import Account
from hubbub.model.avatars import PATH
from hubbub.model.replies import ProfileListing
from hubbub.model.sessions import Opening
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.sessions import insert_opening
from hubbub.persist.tables import avatars, users


class StoredAccounts:
    """The users table. Database errors pass through; the HTTP stage answers them with `unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unavailable_when_down
    async def create(self, account: Account, opening: Opening) -> bool:
        """The account with its first session; False (and nothing written) if the name is taken."""
        try:
            await self._database.transact(partial(_create, account, opening))
        except IntegrityError:
            return False
        return True

    @unavailable_when_down
    async def password_hash(self, user: str) -> str | None:
        """The hash to verify against, None without such an account."""
        async with self._database.reading() as connection:
            found: str | None = await connection.scalar(
                select(users.c.password_hash).where(users.c.user == user)
            )
            return found

    @unavailable_when_down
    async def log_in(self, opening: Opening, rehashed: str | None) -> None:
        """A new session, and the password's hash with today's parameters if it changed."""

        async def work(connection: Lane) -> None:
            await insert_opening(connection, opening)
            if rehashed is not None:
                changed = update(users).where(users.c.user == opening.session.user)
                await connection.execute(changed.values(password_hash=rehashed))

        await self._database.transact(work)

    @unavailable_when_down
    async def profile(self, user: str) -> ProfileListing | None:
        """Name and picture."""
        async with self._database.reading() as connection:
            return await read_profile(connection, user)

    @unavailable_when_down
    async def change_profile(
        self, user: str, display_name: str | None, avatar: str | None, *, clear_avatar: bool
    ) -> ProfileListing | None:
        """Change what is not None; the profile as it is then, None without such a user."""
        values: dict[str, Any] = {}
        if display_name is not None:
            values["display_name"] = display_name
        if avatar is not None or clear_avatar:
            values["avatar"] = avatar

        async def work(connection: Lane) -> ProfileListing | None:
            if values:
                await connection.execute(update(users).where(users.c.user == user).values(values))
            if "avatar" in values:
                await _drop_picture(connection, user, avatar)
            return await read_profile(connection, user)

        return await self._database.transact(work)


async def _create(account: Account, opening: Opening, connection: Lane) -> None:
    await connection.execute(
        insert(users).values(
            user=account.user,
            display_name=account.display_name,
            password_hash=account.password_hash,
            created_at=account.created_at,
        )
    )
    await insert_opening(connection, opening)


async def _drop_picture(connection: Lane, user: str, shown: str | None) -> None:
    """A picture of ours that the profile shows no more is gone; one that is named again stays."""
    kept = (shown or "").removeprefix(PATH)
    await connection.execute(delete(avatars).where(avatars.c.user == user, avatars.c.name != kept))


async def read_profile(connection: Lane, user: str) -> ProfileListing | None:
    """Name and picture, inside the caller's transaction."""
    asked = select(users.c.user, users.c.display_name, users.c.avatar).where(users.c.user == user)
    row = (await connection.execute(asked)).one_or_none()
    return None if row is None else ProfileListing(user=row[0], display_name=row[1], avatar=row[2])
