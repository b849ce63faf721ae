"""Telling the others who is typing: at most once a second and chat of each, and never to crowds."""

from collections.abc import Callable

from hubbub.model.chats import Chat
from hubbub.model.news import News, Types, of_chat
from hubbub.model.replies import TypingPush
from hubbub.push.hub import Hub

LASTS_MS = 6_000  # a client shows it no longer than this without another push
Key = tuple[Chat, str]
Say = Callable[[str, News], None]


class TypingBoard:
    """Implements model.ports.Typing. Remembers, for some seconds, what was said and what is to be said.

    `say` tells the other nodes.
    """

    def __init__(self, hub: Hub, say: Say, *, per_second: float, crowd: float) -> None:
        self._hub = hub
        self._say = say
        self._every_ms = 1000 / per_second if per_second else 0.0
        self._crowd = crowd
        self._told: dict[Key, tuple[int, bool]] = {}
        self._wanted: dict[Key, bool] = {}

    def say(self, chat: Chat, user: str, *, on: bool, now: int) -> None:
        """Tell the other members; a change that comes too soon is told when its time has come."""
        if len(chat.members) > self._crowd:
            return
        key = (chat, user)
        at, _ = self._told.get(key, (0, False))
        if now - at >= self._every_ms:
            self._tell(key, on, now)
        else:
            self._wanted[key] = on

    def _tell(self, key: Key, on: bool, now: int) -> None:
        chat, user = key
        self._wanted.pop(key, None)
        self._told[key] = (now, on)
        self.heard(chat.id, user, on=on)
        self._say(of_chat(chat.id), Types(chat.id, user, on))

    def heard(self, chat: str, user: str, *, on: bool) -> None:
        """Tell the other members on this node, if by what it knows they may see it: the other node may not know yet."""
        channel = self._hub.channel(chat)
        if channel is not None and channel.chat.shows(user):
            self._hub.tell_chat(channel, TypingPush(chat=chat, user=user, on=on), but=user)

    def tick(self, now: int) -> None:
        """Tell what had to wait, if it differs from what was told; forget what is over."""
        for key, on in list(self._wanted.items()):
            at, told = self._told[key]
            if on == told and now - at < LASTS_MS / 2:
                del self._wanted[key]
            elif now - at >= self._every_ms:
                self._tell(key, on, now)
        kept = self._wanted.keys()
        self._told = {
            key: said for key, said in self._told.items() if now - said[0] < LASTS_MS or key in kept
        }
