"""Telling the others how far somebody is: merged, at most one push a second and chat (docs/protocol.md §2 Crowds)."""

from hubbub.model.chats import Chat
from hubbub.model.features import Everything, Offered
from hubbub.model.replies import ReceiptPush
from hubbub.push.hub import Hub

EVERY_MS = 1_000


class ReceiptBoard:
    """Whose cursors moved since the last telling. Larger chats than `crowd` are not told."""

    def __init__(self, hub: Hub, *, crowd: float, offered: Offered | None = None) -> None:
        self._hub = hub
        self._offered = offered or Everything()
        self._crowd = crowd
        self._moved: dict[Chat, set[str]] = {}
        self._told: dict[Chat, int] = {}

    def moved(self, chat: Chat, user: str, now: int) -> None:
        """The member's cursors rose; told at once if the chat was quiet for a second, else with the next tick."""
        if not self._offered.is_on("receipts"):
            return
        if len(chat.members) > self._crowd or self._hub.channel(chat.id) is None:
            return
        self._moved.setdefault(chat, set()).add(user)
        if now - self._told.get(chat, 0) >= EVERY_MS:
            self._tell(chat, now)

    def tick(self, now: int) -> None:
        """Tell what waits; called a few times a second."""
        for chat in [chat for chat in self._moved if now - self._told.get(chat, 0) >= EVERY_MS]:
            self._tell(chat, now)
        self._told = {chat: at for chat, at in self._told.items() if now - at < EVERY_MS}

    def _tell(self, chat: Chat, now: int) -> None:
        users = self._moved.pop(chat, set())
        channel = self._hub.channel(chat.id)
        self._told[chat] = now
        for user in users:
            member = chat.member(user)
            if channel is None or member is None:
                continue
            push = ReceiptPush(chat=chat.id, user=user, received=member.received, read=member.read)
            if chat.shows(user):
                self._hub.tell_chat(channel, push)
            else:
                self._hub.tell(user, push)
