"""What use cases need from the outside, as Protocols. Each names who implements it.

One suite per Protocol (tests/ports) holds every implementation to the same behaviour.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from hubbub.model.chats import Chat
from hubbub.model.entries import Entry
from hubbub.model.features import Everything, Offered
from hubbub.model.proposals import Done, Proposal
from hubbub.model.recent import Given, Window
from hubbub.model.replies import FriendLists, PresenceListing, ProfileListing, Reply, RoomListing


class Bounds(Struct, frozen=True, kw_only=True):
    """The settings that use cases check (docs/protocol.md §5)."""

    content_chars: float = 8_000
    emoji_bytes: float = 32
    emoji_per_message: float = 20
    history_page: int = 300
    reply_bytes: int = 1_048_576
    room_members: float = 100_000
    rooms_per_user: float = 1_000
    replay_per_chat: float = 500
    replay_per_hello: float = 5_000
    crowd: float = 200
    connections_per_user: float = 20
    heartbeat_ms: int = 30_000


class Journal(Protocol):
    """The one writer of chats: persist/journal."""

    def submit(self, proposal: Proposal, done: Done) -> None:
        """Queue a proposal; `done` is called once with the reply or the exception, before any push it causes.

        Raises Refused(unavailable) when too many wait.
        """

    async def recall(self, user: str, msg_id: str, digest: str) -> Reply | None:
        """The first reply to (`user`, `msg_id`), None if there was none; Refused(conflict) for another digest."""


class Chats(Protocol):
    """Chats by id: persist/chats."""

    def peek(self, chat: str) -> Chat | None:
        """The chat, if it is in memory."""

    async def load(self, chat: str, people: tuple[str, str] | None = None) -> Chat | None:
        """The chat; with `people` a private chat that has no row yet is given as strangers have it."""

    async def ids_of_user(self, user: str) -> list[str]:
        """The ids of every chat the user is a member of, in order, as they are at rest."""

    def outdated(self, chat: str) -> bool:
        """The chat in memory may not be current: read it when next asked for. False where that cannot be."""

    async def of_user(self, user: str) -> list[Chat]:
        """Every chat the user is a member of, in the order of their ids."""

    async def rooms(self, query: str, after: str, limit: int) -> Sequence[RoomListing]:
        """Public rooms with members whose name contains `query`, in the order of their ids."""


class Log(Protocol):
    """Entries at rest: persist/entries, and persist/recent_log before it. `read_only`: a copy may answer, if it holds all that was committed to the chat."""

    async def before(
        self, chat: str, seq: int, limit: int, reader: str, *, read_only: bool = False
    ) -> list[Entry]:
        """The last `limit` entries with a smaller seq, rising, in present form for `reader`."""

    async def after(
        self, chat: str, seq: int, limit: int, reader: str, *, read_only: bool = False
    ) -> list[Entry]:
        """The first `limit` entries with a greater seq, rising, in present form for `reader`."""

    async def given(self, chat: str, seqs: Sequence[int]) -> Given:
        """Who gave which emoji to these messages, as far as a bound on how many reads are worth it."""

    async def ordinal(self, chat: str, seq: int) -> int:
        """How many messages there are up to `seq`."""


class Windows(Protocol):
    """The ends of logs beside the database, which may be lost at any time: persist/recent."""

    async def get(self, chat: str) -> Window | None:
        """What is kept of the chat, or MISSING. None: nobody answers."""

    async def fill(self, chat: str, window: Window) -> None:
        """Keep what was read, unless what is kept is newer."""

    async def advance(self, chats: Mapping[str, Sequence[Entry]]) -> None:
        """These were committed, rising: windows go on with them, or end where an earlier entry was altered."""


class People(Protocol):
    """Users as others see them: persist/people."""

    async def exists(self, user: str) -> bool:
        """Whether there is such a user."""

    async def profiles(self, users: Iterable[str]) -> dict[str, ProfileListing]:
        """The profiles of those that exist."""

    async def relations(self, user: str) -> FriendLists:
        """Friends, requests and blocks."""

    async def last_seen(self, users: Iterable[str]) -> dict[str, int]:
        """When users were last connected (ms), where that is known."""


class Cursors(Protocol):
    """How far members have received and read: persist/cursors (kept) and push/receipts (told)."""

    def moved(self, chat: Chat, user: str) -> None:
        """The member's cursors rose in memory."""


class Presence(Protocol):
    """Who is connected: push/presence."""

    def online(self, user: str) -> bool:
        """Whether the user counts as online now."""

    async def listing(self, asker: str, users: Sequence[str]) -> list[PresenceListing]:
        """What `asker` may know of the users."""


class Whereabouts(Protocol):
    """Which users are connected to other nodes: persist/whereabouts in Redis, push/roll_call over the bus alone."""

    async def moved(self, counts: Mapping[str, int | None]) -> dict[str, bool] | None:
        """Connections these users have here now (None: gone); who of them is elsewhere. None: nobody knows."""

    async def elsewhere(self, users: Sequence[str]) -> dict[str, int]:
        """Those of the users who are on other nodes, with how many connections."""

    def is_forgotten(self) -> bool:
        """Whether what was told may be lost, so that `moved` has to be told of all who are here. Asked once each time."""

    async def renew(self) -> Mapping[str, bool]:
        """Once a second: this node lives. Who is there, or nowhere any more, without having been told of."""

    async def end(self, linger_ms: float) -> None:
        """This node ends: its users count as there for so long."""


class Typing(Protocol):
    """Who is typing: push/typing."""

    def say(self, chat: Chat, user: str, *, on: bool, now: int) -> None:
        """Tell the other members, at most once a second and chat."""


class Pushes(Protocol):
    """What was pushed to whom: push/hub."""

    def friend_pushes(self, user: str) -> int:
        """How often the user was told of a friendship here; it only rises while they are connected."""


class Entropy(Protocol):
    """Random bytes: secrets.token_bytes, or a fixed sequence in tests."""

    def __call__(self, size: int, /) -> bytes: ...


class Measure(Protocol):
    """How many bytes something takes on the wire: codec/json.size_of."""

    def __call__(self, thing: object, /) -> int: ...


class Desk(Struct, frozen=True, kw_only=True):
    """Everything a use case may call."""

    bounds: Bounds
    chats: Chats
    log: Log
    people: People
    cursors: Cursors
    presence: Presence
    typing: Typing
    pushes: Pushes
    entropy: Entropy
    measure: Measure
    offered: Offered = Everything()
