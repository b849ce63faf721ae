"""How users want to be shown: their own profile, and those of others (docs/protocol.md §2, §6)."""

from collections.abc import Awaitable, Callable

from msgspec import UNSET, UnsetType

from hubbub.model.accounts import AccountStore, check_avatar, check_display_name
from hubbub.model.commands import Profile
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.replies import ProfileList, ProfileListing


async def profile(desk: Desk, _caller: Caller, command: Profile, _now: int) -> ProfileList:
    """The profiles of those asked for that exist, each once, in the order asked."""
    found = await desk.people.profiles(command.users)
    return ProfileList(profiles=[found[user] for user in dict.fromkeys(command.users) if user in found])


class Profiles:
    """One's own profile. `on_changed(profile)` runs after the commit, so that caches and others learn of it."""

    def __init__(self, store: AccountStore, on_changed: Callable[[ProfileListing], Awaitable[None]]) -> None:
        self._store = store
        self._on_changed = on_changed

    async def own(self, user: str) -> ProfileListing:
        """The caller's profile. Refused: not_found."""
        return _existing(await self._store.profile(user))

    async def change(
        self, user: str, display_name: str | UnsetType, avatar: str | UnsetType | None
    ) -> ProfileListing:
        """Change what is set (avatar None or "": none any more). Refused: bad_request, too_long, not_found."""
        name = None if display_name is UNSET else display_name
        picture = None if avatar is UNSET or not avatar else avatar
        if name is not None:
            check_display_name(name)
        if picture is not None:
            check_avatar(picture)
        stored = await self._store.change_profile(
            user, name, picture, clear_avatar=avatar is not UNSET and picture is None
        )
        changed = _existing(stored)
        await self._on_changed(changed)
        return changed


def _existing(profile: ProfileListing | None) -> ProfileListing:
    if profile is None:
        raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
    return profile
