"""Use cases on ports of a test's choice, without sockets: ask as any user, see what was published."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hubbub.codec.json import size_of
from hubbub.dispatch.dispatcher import Dispatcher
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.routes import ROUTES
from hubbub.model import commands as c
from hubbub.model.chats import Chat
from hubbub.model.entries import Entry
from hubbub.model.errors import Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Bounds, Chats, Cursors, Desk, Journal, Log, People
from hubbub.model.proposals import Committed, Proposal
from hubbub.model.replies import FriendPush, PresenceListing, ProfileListing, Reply
from hubbub.testing.clock import ManualClock
from hubbub.testing.memory import Memory, MemoryChats, MemoryJournal, MemoryLog, MemoryPeople

NO_LIMIT = TokenBuckets(0, 1)


class Moves:
    """model.ports.Cursors: remembers whose cursors rose."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    def moved(self, chat: Chat, user: str) -> None:
        """The member's cursors rose in memory."""
        self.made.append((chat.id, user))


class Here:
    """model.ports.Presence: who is in `users` is online, for everybody to see."""

    def __init__(self) -> None:
        self.users: set[str] = set()

    def online(self, user: str) -> bool:
        """Whether the user counts as online."""
        return user in self.users

    async def listing(self, asker: str, users: Sequence[str]) -> list[PresenceListing]:  # noqa: ARG002
        """All of them."""
        return [PresenceListing(user=user, online=user in self.users, last_seen=None) for user in users]


class Said:
    """model.ports.Typing: remembers who typed."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, bool]] = []

    def say(self, chat: Chat, user: str, *, on: bool, now: int) -> None:  # noqa: ARG002
        """Tell the other members."""
        self.made.append((chat.id, user, on))


class Told:
    """model.ports.Pushes: as many as a test says."""

    def __init__(self) -> None:
        self.of_friends: dict[str, int] = {}

    def friend_pushes(self, user: str) -> int:
        """How often the user was told of a friendship."""
        return self.of_friends.get(user, 0)


def counting_entropy() -> Callable[[int], bytes]:
    """Bytes that differ each time and are the same in every run."""
    numbers: Iterator[int] = count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


@dataclass(kw_only=True)
class Place:
    """A dispatcher and what stands behind it. `published` is filled by the journal's `publish`."""

    chats: Chats
    log: Log
    people: People
    journal: Journal
    clock: ManualClock
    bounds: Bounds = field(default_factory=Bounds)
    cursors: Cursors = field(default_factory=Moves)
    presence: Here = field(default_factory=Here)
    typing: Said = field(default_factory=Said)
    pushes: Told = field(default_factory=Told)
    published: list[Committed] = field(default_factory=list)
    desk: Desk = field(init=False)
    dispatcher: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(
            bounds=self.bounds,
            chats=self.chats,
            log=self.log,
            people=self.people,
            cursors=self.cursors,
            presence=self.presence,
            typing=self.typing,
            pushes=self.pushes,
            entropy=counting_entropy(),
            measure=size_of,
        )
        limits = {route.limit: NO_LIMIT for route in ROUTES.values()}
        self.dispatcher = Dispatcher(self.desk, self.journal, limits)

    async def ask(self, user: str, command: type[c.Command], /, **fields: Any) -> Any:  # noqa: ANN401 - its reply
        """The reply to a command; raises Refused."""
        caller = Caller(user=user, session=f"s-{user}")
        return await self.dispatcher.call(caller, command(id=1, **fields), self.clock())  # type: ignore[arg-type]

    async def proposal(self, user: str, command: type[c.Command], /, **fields: Any) -> Proposal:  # noqa: ANN401
        """What a command comes to once its right is checked: what a slow journal still has before it."""
        asked, route = command(id=1, **fields), ROUTES[command]
        chat = await self.chats.load(*route.chat(user, asked)) if route.chat is not None else None
        if chat is not None and route.right is not None:
            route.right(chat, user, self.clock())
        made: Proposal = route.run(
            self.desk, Caller(user=user, session=f"s-{user}"), asked, chat, self.clock()
        )
        return made

    async def refused(self, user: str, command: type[c.Command], /, **fields: Any) -> str:  # noqa: ANN401
        """The code of the refusal that a command meets; AssertionError if it meets none."""
        try:
            reply: Reply = await self.ask(user, command, **fields)
        except Refused as refusal:
            return refusal.code.value
        raise AssertionError(reply)

    async def room(self, owner: str, *members: str, public: bool = True) -> str:
        """A new public room with these people in it."""
        made = await self.ask(owner, c.CreateRoom, name="Room", public=public)
        for user in members:
            await self.ask(user, c.Join, chat=made.chat)
        chat: str = made.chat
        return chat

    async def befriend(self, one: str, other: str) -> None:
        """Make two people friends."""
        await self.ask(one, c.Befriend, user=other)
        await self.ask(other, c.Accept, user=one)

    async def transcript(self, chat: str, reader: str = "") -> list[Entry]:
        """The whole log."""
        return await self.log.after(chat, 0, 1_000_000, reader)

    def notices(self) -> list[tuple[str, FriendPush]]:
        """What users were told besides entries."""
        return [notice for committed in self.published for notice in committed.notices]


def memory_place(*users: str, bounds: Bounds | None = None) -> Place:
    """A place without a database, where these users have accounts."""
    memory, clock, published = Memory(), ManualClock(), list[Committed]()
    for user in users:
        memory.profiles[user] = ProfileListing(user=user, display_name=user.title())
    return Place(
        chats=MemoryChats(memory),
        log=MemoryLog(memory),
        people=MemoryPeople(memory),
        journal=MemoryJournal(memory, clock, published.extend),
        clock=clock,
        bounds=bounds or Bounds(),
        published=published,
    )
