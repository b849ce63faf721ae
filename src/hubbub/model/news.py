"""What nodes tell each other over the bus (docs/adr/0010): hints, checked against what a node holds before anybody is told.

The bus may lose, repeat and reorder them. A topic is heard by the nodes that subscribed to it. The kinds and fields of one
`VERSION` never change, but for fields at a kind's end that have a default: a node that does not know them passes over them.
A node ignores versions it does not know.
"""

from msgspec import Struct

from hubbub.model.entries import Entry
from hubbub.model.replies import FriendPush, ProfileListing

VERSION = 1
EVERYBODY = "all"
GONE, QUIETLY_GONE = -1, -2
_CHAT = "c/"


def of_chat(chat: str) -> str:
    """Heard where somebody listens to the chat."""
    return _CHAT + chat


def chat_of(topic: str) -> str:
    """The chat of a topic that `of_chat` made, else nothing."""
    return topic.removeprefix(_CHAT) if topic.startswith(_CHAT) else ""


def of_user(user: str) -> str:
    """Heard where the user is connected."""
    return f"u/{user}"


class Said(Struct, array_like=True, tag=True, frozen=True, gc=False):
    """One piece of news."""


class Appended(Said, frozen=True):
    """Entries in rising seq, on the chat's topic; `rights_version` is the chat's after them.

    `accepted`: when the first command of those that made them was, in ms of the database's time; 0: it was not said. `traces`: the
    traceparents of those that are traced.
    """

    chat: str
    rights_version: int
    entries: list[Entry]
    accepted: int = 0
    traces: tuple[str, ...] = ()


class Reached(Said, frozen=True):
    """A chat's log reaches at least `head`, on the chat's topic."""

    chat: str
    head: int


class Came(Said, frozen=True):
    """A chat became visible to a user, on the user's topic; the flow starts after `after`."""

    chat: str
    user: str
    after: int


class Told(Said, frozen=True):
    """A push that belongs to a user, on the user's topic."""

    user: str
    push: FriendPush


class RightsMoved(Said, frozen=True):
    """What anybody may do in a chat is another, told to everybody."""

    chat: str
    rights_version: int


class CursorsRose(Said, frozen=True):
    """A member's cursors, on the chat's topic, after they were written."""

    chat: str
    user: str
    received: int
    read: int
    read_ordinal: int


class Types(Said, frozen=True):
    """Somebody is typing, or not any more, on the chat's topic."""

    chat: str
    user: str
    on: bool


class PresenceMoved(Said, frozen=True):
    """Somebody came or went, on the topic of each small chat they are in."""

    chat: str
    user: str
    online: bool
    last_seen: int | None


class Holds(Said, frozen=True):
    """How many connections users have on a node now, told to everybody: GONE for none, QUIETLY_GONE if nobody was told of it.

    `number` counts what the node told; `anew`: forget what it told before, all of it follows.
    """

    node: str
    number: int
    anew: bool
    counts: dict[str, int]


class Lives(Said, frozen=True):
    """A node lives and has told `number`; without another sign it counts for so many seconds. Told to everybody."""

    node: str
    number: int
    seconds: int


class Unsure(Said, frozen=True):
    """Somebody missed what a node told: it tells all anew. Told to everybody."""

    node: str


class Lost(Said, frozen=True):
    """These users were on a node that is dead, and are nowhere else; told to everybody."""

    users: list[str]


class SessionsEnded(Said, frozen=True):
    """These sessions were revoked, told to everybody."""

    sessions: list[str]


class ProfileChanged(Said, frozen=True):
    """Somebody has another name or picture, told to everybody."""

    profile: ProfileListing


class SignedUp(Said, frozen=True):
    """There is a new user, told to everybody."""

    user: str


class Spent(Said, frozen=True):
    """What users took of a limit on a node since it last told, told to everybody."""

    limit: str
    by: dict[str, float]


News = (
    Appended | Reached | Came | Told | RightsMoved | CursorsRose | Types | PresenceMoved | Holds | Lives | Unsure
    | Lost | SessionsEnded | ProfileChanged | SignedUp | Spent
)  # fmt: skip
