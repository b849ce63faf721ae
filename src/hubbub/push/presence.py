"""Who is connected, told to friends and to fellow members of small chats (docs/protocol.md §2 Crowds)."""

from collections.abc import Iterable, Sequence

from hubbub.model.chats import PRIVATE, Chat
from hubbub.model.ports import Chats, People
from hubbub.model.proposals import Committed
from hubbub.model.replies import PresenceListing, PresencePush
from hubbub.push.hub import Hub, Local

PER_TICK = 20_000  # pushes in one tick: a storm of arrivals is spread over ticks instead of stopping the chat


class PresenceBoard:
    """Implements model.ports.Presence.

    A user is online from the first connection until `linger_ms` after the last one ended. Who went offline stands
    in `gone`, with when they were last seen (ms), until the owner of it has stored that.
    """

    def __init__(
        self,
        hub: Hub,
        chats: Chats,
        people: People,
        *,
        crowd: float,
        linger_ms: float,
        gone: dict[str, int],
    ) -> None:
        self._hub = hub
        self._chats = chats
        self._people = people
        self._crowd = crowd
        self._linger_ms = linger_ms
        self._gone = gone
        self._here: set[str] = set()
        self._leaving: dict[str, int] = {}  # those of them whose last connection ended, and when
        self._news: dict[str, PresencePush] = {}

    def entered(self, user: str) -> None:
        """A connection of the user said hello."""
        if user not in self._here:
            self._news[user] = PresencePush(user=user, online=True, last_seen=None)
        self._here.add(user)
        self._leaving.pop(user, None)

    def left(self, user: str, now: int) -> None:
        """The last connection of the user ended."""
        if user in self._here:
            self._leaving[user] = now

    def committed(self, committed: Sequence[Committed]) -> None:
        """New friends see at once whether the other is there, unless that is news the next tick tells them anyway."""
        for each in committed:
            for user, push in each.notices:
                if push.change == "accepted" and push.user in self._here and push.user not in self._news:
                    self._hub.tell(user, PresencePush(user=push.user, online=True, last_seen=None))

    def online(self, user: str) -> bool:
        """Whether the user counts as online."""
        return user in self._here

    @property
    def count(self) -> int:
        """How many users are online."""
        return len(self._here)

    def tick(self, now: int) -> None:
        """Who lingered long enough is offline; tell the news, as much as one tick allows."""
        for user, since in list(self._leaving.items()):
            if now - since >= self._linger_ms:
                del self._leaving[user]
                self._here.discard(user)
                self._gone[user] = since
                self._news[user] = PresencePush(user=user, online=False, last_seen=since)
        budget = PER_TICK
        while self._news and budget > 0:
            user = next(iter(self._news))
            budget -= 1 + self._tell(self._news.pop(user))
            if user not in self._here:
                self._hub.forget(user)

    def _tell(self, push: PresencePush) -> int:
        local = self._hub.local(push.user)
        audience = self._audience(local) if local is not None else set()
        self._hub.tell_all(audience, push)
        return len(audience)

    def _audience(self, local: Local) -> set[str]:
        chats = [channel.chat for channel in (local.channels or {}).values()]
        return {user for user in self.fellows(local.user, chats) if self._hub.local(user) is not None}

    def fellows(self, user: str, chats: Iterable[Chat]) -> set[str]:
        """Who may see the user, and whom the user may see: friends, and fellow members of small chats."""
        seen: set[str] = set()
        for chat in chats:
            if chat.msg_type == PRIVATE:
                if chat.pair.friends:
                    seen.add(chat.peer_of(user))
            elif len(chat.members) <= self._crowd:
                seen.update(chat.members)
        seen.discard(user)
        return seen

    async def listing(self, asker: str, users: Sequence[str]) -> list[PresenceListing]:
        """What `asker` may know: of strangers nothing, like of users that do not exist."""
        known = self.fellows(asker, await self._chats.of_user(asker)) | {asker}
        away = [user for user in users if user in known and user not in self._here]
        lately = {user: self._gone[user] for user in away if user in self._gone}  # not stored yet, but told
        last_seen = (await self._people.last_seen(away) if away else {}) | lately
        return [
            PresenceListing(
                user=user,
                online=user in known and user in self._here,
                last_seen=last_seen.get(user),
            )
            for user in users
        ]
