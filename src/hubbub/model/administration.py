"""What administrators see and do, and the port of what is kept of it (docs/operations.md, Administration). Times in ms."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from hubbub.model.identity import Caller, SessionListing
from hubbub.model.proposals import Proposal
from hubbub.model.replies import Reply

OPERATOR = "@operator"
"""Whoever runs the server itself and so holds its secret (`hubbub admin`); no user can be called so."""
OPERATOR_SESSION = "operator"
PAGE = 100  # rows of one list
ERASED_NAME = "Deleted user"

UserState = Literal["any", "banned", "admin"]
Commit = Callable[[Proposal], Awaitable[Reply]]
"""Have a proposal committed and wait for its reply: dispatch/dispatcher. Raises Refused, CommitUnknownError."""


class UserCard(Struct, kw_only=True):
    """A user as administrators see them. `erased_at`: when the erasure began; the name goes last."""

    user: str
    display_name: str
    avatar: str | None
    created_at: int
    last_seen: int | None
    admin: bool
    banned_at: int | None
    erased_at: int | None
    external: bool


class UserPage(Struct, kw_only=True):
    """Users in the order of their handles; the next page begins after the last one."""

    users: list[UserCard]
    more: bool


class RoomCard(Struct, kw_only=True):
    """A room as administrators see it. One without members is closed, or everybody left; its log is kept."""

    chat: str
    name: str
    public: bool
    members: int
    owners: list[str]
    head: int
    created_at: int
    changed_at: int


class RoomPage(Struct, kw_only=True):
    """Rooms in the order of their ids."""

    rooms: list[RoomCard]
    more: bool


class BanListing(Struct, kw_only=True):
    """Who may not come back into a room, and who said so."""

    user: str
    by: str


class BanList(Struct, kw_only=True):
    """The bans of one room, in the order of the users."""

    bans: list[BanListing]


class OutboxChat(Struct, kw_only=True):
    """Entries of one chat that are not on the bus. `claimed_until`: a node is about to put them there."""

    chat: str
    first: int
    last: int
    pending: int
    oldest_at: int
    attempts: int
    claimed_until: int | None


class OutboxView(Struct, kw_only=True):
    """What waits for the bus, the oldest first; no more than a page of chats."""

    pending: int
    oldest_at: int | None
    chats: list[OutboxChat]


class SaidThere(Struct, frozen=True):
    """Where a message of a user stands."""

    msg_id: str
    chat: str
    seq: int


class ErasureStep(Struct, kw_only=True):
    """`erased`: messages, reactions, rooms or friends that this step took away. Until `done`, ask for the next."""

    done: bool
    erased: int


class Relations(Struct, kw_only=True):
    """Friends, requests both ways, and blocks, by handle."""

    friends: list[str]
    incoming: list[str]
    outgoing: list[str]
    blocked: list[str]


class ArchivedChat(Struct, kw_only=True):
    """A chat the user is in. `received` and `read` are their receipts, seqs like `since`."""

    chat: str
    msg_type: str
    name: str
    peer: str | None
    role: str
    since: int
    received: int
    read: int


class ArchivedReaction(Struct, kw_only=True):
    """An emoji the user gave to a message."""

    chat: str
    seq: int
    emoji: str


class ArchivedEdit(Struct, kw_only=True):
    """What a message said from then on."""

    seq: int
    ts: int
    content: str | None


class ArchivedMessage(Struct, kw_only=True):
    """A message as it is now (`content` None: deleted), and its edits, the last of which is what it says."""

    chat: str
    seq: int
    ts: int
    msg_id: str
    content: str | None
    reply_to: int | None
    deleted: bool
    edits: list[ArchivedEdit]


class Export(Struct, kw_only=True):
    """Everything of one user. `picture` is a data URL; `messages` comes last, for there may be many."""

    format: str = "hubbub-export-1"
    made_at: int
    user: UserCard
    picture: str | None
    relations: Relations
    sessions: list[SessionListing]
    chats: list[ArchivedChat]
    reactions: list[ArchivedReaction]
    messages: list[ArchivedMessage]


class Health(Struct, kw_only=True):
    """The node that answered, and the others that serve the same database (the embedded store knows of none)."""

    version: str
    epoch: str
    node: str
    nodes: list[str]
    started_at: int
    connections: int
    users_online: int
    journal_waiting: int
    journal_failing: bool
    database: str
    bus: str
    ending: bool


class AuditLine(Struct, kw_only=True):
    """One thing an administrator did, or whom they read everything of."""

    at: int
    id: str
    by: str
    address: str
    act: str
    subject: str
    detail: str


class AuditPage(Struct, kw_only=True):
    """The latest first; the page before this one ends before its last line's `at`."""

    lines: list[AuditLine]
    more: bool


class AdministrationStore(Protocol):
    """Users and rooms as administrators treat them: persist/administration. Each call is one transaction."""

    async def users(self, query: str, state: UserState, after: str, limit: int) -> Sequence[UserCard]:
        """Users whose handle or name contains `query`, in the order of their handles."""

    async def user(self, user: str) -> UserCard | None:
        """One user."""

    async def ban(self, user: str, now: int) -> Sequence[str] | None:
        """Let nobody in as this user; the sessions that ended by it. None: no such user."""

    async def unban(self, user: str) -> bool:
        """Let the user in again; False if there is no such user, or an erased one."""

    async def set_admin(self, user: str, since: int | None) -> bool:
        """Give the right, or (None) take it; False if there is no such user."""

    async def set_password(self, user: str, hashed: str, now: int) -> Sequence[str] | None:
        """Another password; the sessions that ended by it. None: no such user, or one without a password of ours."""

    async def rooms(self, query: str, after: str, limit: int) -> Sequence[RoomCard]:
        """Rooms whose name contains `query`, in the order of their ids."""

    async def room(self, chat: str) -> RoomCard | None:
        """One room."""

    async def bans(self, chat: str) -> Sequence[BanListing]:
        """Who is banned from a room."""


class Audit(Protocol):
    """What administrators did, kept and logged: persist/audit."""

    async def __call__(self, caller: Caller, act: str, subject: str, now: int, detail: str = "") -> None:
        """It was done. Raises Refused(unavailable), and then the act stands without its line."""

    async def lines(self, before: int, limit: int) -> Sequence[AuditLine]:
        """What was done before `before`, the latest first."""


class ErasureStore(Protocol):
    """What there is of a user to erase: persist/erasure."""

    async def begin(self, user: str, now: int) -> Sequence[str]:
        """Nobody comes in as this user any more; the sessions that ended by it. May be repeated."""

    async def said(self, user: str, limit: int) -> Sequence[SaidThere]:
        """Messages of the user that are not erased yet, or not noted as such."""

    async def forget(self, user: str, said: Sequence[SaidThere]) -> None:
        """These are erased."""

    async def reactions(self, user: str, limit: int) -> Sequence[tuple[str, int, str]]:
        """(chat, seq, emoji) of reactions the user gave."""

    async def finish(self, user: str) -> None:
        """Nothing names the user but the handle, which nobody can sign up with again."""


class ArchiveStore(Protocol):
    """Everything of one user: persist/archive."""

    async def picture(self, user: str) -> str | None:
        """The picture as a data URL, if it lies here."""

    async def chats(self, user: str) -> Sequence[ArchivedChat]:
        """The user's chats with how far they have received and read."""

    async def reactions(self, user: str) -> Sequence[ArchivedReaction]:
        """Reactions the user gave."""

    async def messages(self, user: str, after: str, limit: int) -> Sequence[ArchivedMessage]:
        """Messages of the user in the order of their `msg_id`s, behind `after`."""
