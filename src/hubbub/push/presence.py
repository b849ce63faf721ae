"""Who is connected, told to friends and to fellow members of small chats (docs/protocol.md §2 Crowds).

News waits by chat, and a chat's turn tells all of it in one piece to each who is here: when thousands come at once, a
write to each of their fellows for each of them would cost more than they do themselves (docs/adr/0014).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any

from hubbub.model.chats import PRIVATE, Chat
from hubbub.model.features import Everything, Offered
from hubbub.model.news import News, PresenceMoved, of_chat
from hubbub.model.ports import Chats, People, Whereabouts
from hubbub.model.proposals import Committed
from hubbub.model.replies import FriendPush, PresenceListing, PresencePush
from hubbub.push.hub import Hub

Say = Callable[[str, News], None]
Spawn = Callable[[Coroutine[Any, Any, None], str], object]
PER_TICK = (
    2_000  # people told in one tick, each in a write of some 8 µs: a storm of arrivals gets 6 % of a core
)
CHANNELS_A_TURN = 500  # looked through in one loop turn: a few milliseconds


def _silence(_topic: str, _news: News) -> None:
    """There is nobody to tell."""


class PresenceBoard:
    """Implements model.ports.Presence.

    A user is online from the first connection until `linger_ms` after the last one ended. Who went offline stands
    in `gone`, with when they were last seen (ms), until the owner of it has stored that. Where there are other nodes,
    `whereabouts` knows who is there, and `say` tells them; without it this node's own view is all there is.
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
        whereabouts: Whereabouts | None = None,
        say: Say = _silence,
        spawn: Spawn | None = None,
        offered: Offered | None = None,
    ) -> None:
        self._offered = offered or Everything()
        self._whereabouts = whereabouts
        self._say = say
        self._spawn = spawn
        self._moved: set[str] = set()  # whose connections here are others than `whereabouts` was told
        self._fresh: dict[str, PresencePush] = {}  # news if they are not on another node
        self._waiting: dict[
            str, tuple[Chat, dict[str, PresencePush]]
        ] = {}  # by chat, the one that waits longest first
        self._asking = False
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
            self._note(PresencePush(user=user, online=True, last_seen=None))
        self._here.add(user)
        self._leaving.pop(user, None)
        self.moved(user)

    def _note(self, push: PresencePush) -> None:
        (self._news if self._whereabouts is None else self._fresh)[push.user] = push

    def moved(self, user: str) -> None:
        """The user has one connection more or less."""
        if self._whereabouts is not None:
            self._moved.add(user)
            self._start_asking()

    def _start_asking(self) -> None:
        """At once, with all that moved in this loop turn; what moves meanwhile is asked next."""
        if (self._fresh or self._moved) and self._spawn is not None and not self._asking:
            self._asking = True
            self._spawn(self._ask(), "presence")

    async def elsewhere(self, user: str) -> int:
        """How many connections the user has on other nodes."""
        if self._whereabouts is None:
            return 0
        return (await self._whereabouts.elsewhere([user])).get(user, 0)

    def left(self, user: str, now: int) -> None:
        """The last connection of the user ended."""
        if user in self._here:
            self._leaving[user] = now

    def committed(self, committed: Sequence[Committed]) -> None:
        """Friendships may have been made."""
        for each in committed:
            for user, push in each.notices:
                self.told_of_friend(user, push)

    def told_of_friend(self, user: str, push: FriendPush) -> None:
        """New friends see at once whether the other is there, unless that is news the next tick tells them anyway."""
        if push.change != "accepted" or self._hub.local(user) is None or not self._offered.is_on("presence"):
            return
        if push.user in self._here:
            if push.user not in self._news:
                self._hub.tell(user, PresencePush(user=push.user, online=True, last_seen=None))
        elif self._whereabouts is not None and self._spawn is not None:
            self._spawn(self._look_for(push.user, user), "presence of a new friend")

    async def _look_for(self, friend: str, user: str) -> None:
        there = await self._whereabouts.elsewhere([friend]) if self._whereabouts is not None else {}
        if friend in there:
            self._hub.tell(user, PresencePush(user=friend, online=True, last_seen=None))

    def online(self, user: str) -> bool:
        """Whether the user counts as online."""
        return user in self._here

    @property
    def count(self) -> int:
        """How many users are online."""
        return len(self._here)

    def tick(self, now: int) -> None:
        """Who lingered long enough is offline; tell the news, as much as one tick allows."""
        while self._leaving:
            user, since = next(iter(self._leaving.items()))
            if now - since < self._linger_ms:
                break
            del self._leaving[user]
            self._here.discard(user)
            self._gone[user] = since
            self._note(PresencePush(user=user, online=False, last_seen=since))
        self._start_asking()
        if not self._offered.is_on("presence"):
            return  # the latest of each user waits until it is on again
        self._spread_news()
        budget = PER_TICK
        while self._waiting and budget > 0:
            budget -= 1 + self._tell(*self._waiting.pop(next(iter(self._waiting))))

    def _spread_news(self) -> None:
        news, self._news = self._news, {}
        for user, push in news.items():
            local = self._hub.local(user)
            channels = (local.channels or {}) if local is not None else {}
            self._spread([channel.chat for channel in channels.values()], push)
            if not push.online and user not in self._here:
                self._hub.forget(user)

    async def _ask(self) -> None:
        """Tell where these users are, and learn who of them is no news: there or still there on another node."""
        fresh, self._fresh = self._fresh, {}
        moved, self._moved = self._moved, set()
        try:
            counts = {user: self._connections(user) for user in moved | fresh.keys()}
            others = await self._whereabouts.moved(counts) if self._whereabouts is not None else None
        finally:
            self._asking = False
        for user, push in fresh.items():
            if others is None or not others.get(user):
                self._news[user] = push
            elif not push.online and user not in self._here:
                self._hub.forget(user)

    def _connections(self, user: str) -> int | None:
        local = self._hub.local(user)
        return None if user not in self._here else 0 if local is None else len(local.mailboxes)

    def restate(self) -> None:
        """Nothing that was said to `whereabouts` is known there any more."""
        self._moved |= self._here

    def _spread(self, chats: Iterable[Chat], push: PresencePush) -> None:
        """Let the news wait, here and on other nodes, for those who see the user."""
        for chat in self._reaching(push.user, chats):
            self._say(of_chat(chat.id), PresenceMoved(chat.id, push.user, push.online, push.last_seen))
            self._wait(chat, push)

    def _reaching(self, user: str, chats: Iterable[Chat]) -> Iterator[Chat]:
        """As few of these chats as reach every fellow of the user, the largest first."""
        reached = {user}
        for chat in sorted(chats, key=_size, reverse=True):
            audience = self._audience(chat)
            if not reached.issuperset(audience):
                reached.update(audience)
                yield chat

    def _wait(self, chat: Chat, push: PresencePush) -> None:
        self._waiting.setdefault(chat.id, (chat, {}))[1][push.user] = push

    def _tell(self, chat: Chat, news: Mapping[str, PresencePush]) -> int:
        """Tell who is here and sees those the news is of; how many that are."""
        audience = self._audience(chat)
        here = [user for user in audience if self._hub.local(user) is not None]
        self._hub.tell_others(here, {user: push for user, push in news.items() if user in audience})
        return len(here)

    def heard(self, news: PresenceMoved) -> None:
        """Another node says that somebody came or went; who is here, is here."""
        if news.user in self._here:
            return
        channel = self._hub.channel(news.chat)
        if channel is not None:
            self._wait(
                channel.chat, PresencePush(user=news.user, online=news.online, last_seen=news.last_seen)
            )
        if news.last_seen is not None:
            self._gone[news.user] = news.last_seen  # told, though perhaps not stored yet

    def found(self, users: Mapping[str, bool], now: int) -> None:
        """These are there, or nowhere, and no node has told of it: each node tells those who are on it."""
        elsewhere = {user: online for user, online in users.items() if user not in self._here}
        self._gone |= {user: now for user, online in elsewhere.items() if not online}
        if elsewhere and self._spawn is not None:
            self._spawn(self._find_fellows(elsewhere, now), "presence of other nodes' users")

    async def _find_fellows(self, users: Mapping[str, bool], now: int) -> None:
        """Whoever listens here is in chats that this node has in memory: the database is not asked."""
        chats: defaultdict[str, list[Chat]] = defaultdict(list)
        for number, channel in enumerate(list(self._hub.channels)):
            if number % CHANNELS_A_TURN == 0:
                await asyncio.sleep(0)
            for user in users.keys() & channel.chat.members.keys():
                chats[user].append(channel.chat)
        for user, shared in chats.items():
            last_seen = None if users[user] else now
            for chat in self._reaching(user, shared):
                self._wait(chat, PresencePush(user=user, online=users[user], last_seen=last_seen))

    def _audience(self, chat: Chat) -> Collection[str]:
        """Who of a chat may see each other: two friends, or the members of a small one."""
        if chat.msg_type == PRIVATE:
            return (chat.people or ()) if chat.pair.friends else ()
        return chat.members if len(chat.members) <= self._crowd else ()

    def fellows(self, user: str, chats: Iterable[Chat]) -> set[str]:
        """Who may see the user, and whom the user may see: friends, and fellow members of small chats."""
        seen: set[str] = set()
        for chat in chats:
            seen.update(self._audience(chat))
        seen.discard(user)
        return seen

    async def listing(self, asker: str, users: Sequence[str]) -> list[PresenceListing]:
        """What `asker` may know: of strangers nothing, like of users that do not exist."""
        known = self.fellows(asker, await self._chats.of_user(asker)) | {asker}
        away = [user for user in users if user in known and user not in self._here]
        there = await self._whereabouts.elsewhere(away) if self._whereabouts is not None and away else {}
        away = [user for user in away if user not in there]
        lately = {user: self._gone[user] for user in away if user in self._gone}  # not stored yet, but told
        last_seen = (await self._people.last_seen(away) if away else {}) | lately
        return [
            PresenceListing(
                user=user,
                online=user in known and (user in self._here or user in there),
                last_seen=last_seen.get(user),
            )
            for user in users
        ]


def _size(chat: Chat) -> int:
    return len(chat.members)
