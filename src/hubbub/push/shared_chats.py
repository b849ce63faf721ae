"""Chats in memory where other nodes change them too: what is not heard of is not believed."""

from collections.abc import Sequence

from hubbub.model.chats import Chat
from hubbub.model.news import of_chat
from hubbub.model.ports import Chats
from hubbub.model.replies import RoomListing
from hubbub.push.interest import Subscriptions


class SharedChats:
    """Implements model.ports.Chats. A chat is read after its topic is heard; asking for it counts as listening for a while."""

    def __init__(self, chats: Chats, interest: Subscriptions) -> None:
        self._chats = chats
        self._interest = interest

    def peek(self, chat: str) -> Chat | None:
        """The chat, if it is in memory and this node hears what others do to it."""
        return self._chats.peek(chat) if self._interest.hears(of_chat(chat)) else None

    async def load(self, chat: str, people: tuple[str, str] | None = None) -> Chat | None:
        """The chat, heard of from now on."""
        if await self._interest.ready([of_chat(chat)]):
            self._chats.outdated(chat)
        return await self._chats.load(chat, people)

    async def ids_of_user(self, user: str) -> list[str]:
        """The ids of every chat the user is a member of, as they are at rest."""
        return await self._chats.ids_of_user(user)

    async def of_user(self, user: str) -> list[Chat]:
        """Every chat the user is a member of, heard of from now on, as they are at rest."""
        await self._interest.ready(map(of_chat, await self._chats.ids_of_user(user)))
        return await self._chats.of_user(user)

    def outdated(self, chat: str) -> bool:
        """The chat in memory may not be current: read it when next asked for."""
        return self._chats.outdated(chat)

    async def rooms(self, query: str, after: str, limit: int) -> Sequence[RoomListing]:
        """The directory of public rooms."""
        return await self._chats.rooms(query, after, limit)
