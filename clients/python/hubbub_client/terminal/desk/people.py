"""Friends, requests, blocks, and who is there. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hubbub_client.events import Friend, Presence
from hubbub_client.wire.replies import Friends, UserPresence

LISTS = ("friends", "incoming", "outgoing", "blocked")


@dataclass(slots=True)
class People:
    """The four lists of `friends`, and presence as far as it may be seen."""

    friends: list[str] = field(default_factory=list)
    incoming: list[str] = field(default_factory=list)
    outgoing: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    presence: dict[str, Presence] = field(default_factory=dict)

    def replace(self, lists: Friends) -> None:
        """The lists as the server has them."""
        for name in LISTS:
            setattr(self, name, sorted(getattr(lists, name)))

    def seen(self, found: Iterable[UserPresence]) -> None:
        """Presence as the server has it."""
        for each in found:
            self.presence[each.user] = Presence(user=each.user, online=each.online, last_seen=each.last_seen)

    def changed(self, push: Friend) -> None:
        """A friendship was asked for, made or ended: the user is in one list at most."""
        for name in ("friends", "incoming", "outgoing"):
            setattr(self, name, [user for user in getattr(self, name) if user != push.user])
        into = {"requested": self.incoming, "accepted": self.friends}.get(push.change)
        if into is not None:
            into.append(push.user)
            into.sort()

    def online(self, user: str) -> bool | None:
        """Whether somebody is there; none if nobody said."""
        presence = self.presence.get(user)
        return None if presence is None else presence.online
