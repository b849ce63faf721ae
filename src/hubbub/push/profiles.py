"""A changed profile, told to those who see the user: friends, fellow members of small chats, and the user's own devices."""

from collections.abc import Callable, Iterable

from hubbub.model.chats import Chat
from hubbub.model.errors import Refused
from hubbub.model.ports import Chats
from hubbub.model.replies import ProfileListing, ProfilePush
from hubbub.push.hub import Hub


class ProfileBoard:
    """`fellows(user, chats)` says who may see a user who is in these chats: push/presence."""

    def __init__(self, hub: Hub, chats: Chats, fellows: Callable[[str, Iterable[Chat]], set[str]]) -> None:
        self._hub = hub
        self._chats = chats
        self._fellows = fellows

    async def changed(self, profile: ProfileListing) -> None:
        """Tell who is here. The change is committed: where the chats cannot be read, others learn when they ask."""
        try:
            chats = await self._chats.of_user(profile.user)
        except Refused:
            chats = []
        push = ProfilePush(user=profile.user, display_name=profile.display_name, avatar=profile.avatar)
        self._hub.tell_all(self._fellows(profile.user, chats) | {profile.user}, push)
