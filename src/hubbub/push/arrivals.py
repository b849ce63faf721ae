"""A chat became visible to a user of this node by what happened on another one."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from hubbub.model.chats import PRIVATE, Chat
from hubbub.model.errors import Refused
from hubbub.model.ports import Chats
from hubbub.push.catch_up import CatchUp
from hubbub.push.hub import Hub, Local

AGAIN_SECONDS = 1.0
TRIES = 600  # ten minutes: beyond, clients have long come back to other nodes and are told by their welcome
Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class Arrivals:
    """Joins the user to the chat's flow: the topic is heard first, then the chat is read, then its entries."""

    def __init__(self, hub: Hub, chats: Chats, catch_up: CatchUp, spawn: Spawn) -> None:
        self._hub = hub
        self._chats = chats
        self._catch_up = catch_up
        self._spawn = spawn
        self._coming: set[tuple[str, str]] = set()

    def arrived(self, user: str, chat: str, after: int) -> None:
        """The chat became visible to the user; the flow starts after seq `after`."""
        if self._missing(user, chat) is None or (user, chat) in self._coming:
            return
        self._coming.add((user, chat))
        self._spawn(self._arrive(user, chat, after), "a chat became visible")

    def _missing(self, user: str, chat: str) -> Local | None:
        local = self._hub.local(user)
        if local is None or (local.channels is not None and chat in local.channels):
            return None
        return local

    async def _arrive(self, user: str, chat: str, after: int) -> None:
        try:
            found = await self._read(chat)
        finally:
            self._coming.discard((user, chat))
        local = self._missing(user, chat)
        if found is not None and local is not None and found.member(user) is not None:
            self._join(local, found, after)

    async def _read(self, chat: str) -> Chat | None:
        """The chat as it is at rest, asked for until the database answers; a user who waits is told late, not never."""
        for _ in range(TRIES):
            self._chats.outdated(chat)
            with suppress(Refused):
                return await self._chats.load(chat)
            await asyncio.sleep(AGAIN_SECONDS)
        return None

    def _join(self, local: Local, chat: Chat, after: int) -> None:
        """Entries that were not passed on here yet announce a room themselves: among them is who joined."""
        known = self._hub.channel(chat.id)
        at = after if known is None else known.position
        if at > after or known is None or local.channels is None or chat.msg_type == PRIVATE:
            self._hub.came(chat, local.user, at)
        channel = self._hub.channel(chat.id)
        if channel is not None:
            self._catch_up.recheck([channel])
            if chat.head > channel.position:
                self._catch_up.behind(channel, chat.head)
