"""What `Client.events()` yields. Entries and pushes are the wire's own Structs; the rest is made here."""

from dataclasses import dataclass

from hubbub_client.connection import Status
from hubbub_client.wire.entries import (
    Deleted,
    Edited,
    Entry,
    Member,
    Message,
    Reacted,
    Reaction,
    Renamed,
    Summary,
    UnknownEntry,
)
from hubbub_client.wire.pushes import Friend, Presence, ProfileChanged, Receipt, Typing

__all__ = [
    "CaughtUp",
    "ChatAdded",
    "ChatGone",
    "Deleted",
    "Delivered",
    "Edited",
    "Entry",
    "Event",
    "Friend",
    "ListsChanged",
    "Member",
    "Message",
    "NotDelivered",
    "Presence",
    "ProfileChanged",
    "Reacted",
    "Reaction",
    "Receipt",
    "Renamed",
    "Reset",
    "StateChanged",
    "Status",
    "Typing",
    "UnknownEntry",
]


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection's state. `retry_in_s`: when the next attempt comes; none while disconnected means stopped."""

    status: Status
    reason: str = ""
    retry_in_s: float | None = None
    attempt: int = 0
    code: int | None = None


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """After a reconnection: all that was missed has been yielded (`entries` of it).

    `complete` is false when a chat had to start anew, which a Reset event told.
    """

    entries: int
    complete: bool


@dataclass(frozen=True, slots=True)
class ChatAdded:
    """A chat became visible; its entries follow from `summary.head` + 1. Older ones: `Client.history`."""

    summary: Summary

    @property
    def chat(self) -> str:
        """The chat's id."""
        return self.summary.chat


@dataclass(frozen=True, slots=True)
class ChatGone:
    """The chat is not this user's any longer."""

    chat: str


@dataclass(frozen=True, slots=True)
class Reset:
    """Drop what is held of this chat; the next entry of it is `after` + 1. Older ones: `Client.history`."""

    chat: str
    after: int


@dataclass(frozen=True, slots=True)
class ListsChanged:
    """Chats or friends may have changed unseen: ask `Client.friends` again. `Client.known` is up to date."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message whose `send` was given up, or that an earlier process left, is durable at `seq`."""

    msg_id: str
    chat: str
    seq: int


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """A message whose `send` was given up, or that an earlier process left, was refused."""

    msg_id: str
    to: str
    content: str
    code: str
    message: str


Event = (
    Entry
    | Receipt
    | Typing
    | Presence
    | ProfileChanged
    | Friend
    | StateChanged
    | CaughtUp
    | ChatAdded
    | ChatGone
    | Reset
    | ListsChanged
    | Delivered
    | NotDelivered
)
