"""What this node hears of the others, and what follows from each kind of news (docs/adr/0010)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from hubbub.codec.news import UnknownVersionError, decode
from hubbub.model import news as n
from hubbub.model.ports import Chats
from hubbub.model.replies import ProfileListing
from hubbub.push.arrivals import Arrivals
from hubbub.push.catch_up import CatchUp
from hubbub.push.hub import Hub
from hubbub.push.presence import PresenceBoard
from hubbub.push.receipts import ReceiptBoard
from hubbub.push.roll_call import RollCall
from hubbub.push.typing import TypingBoard

log = structlog.get_logger("hubbub.ear")


class Ear:
    """`node` is this node's name: what it said itself is no news.

    `ended` is told of sessions that were revoked, `changed` of profiles, `signed_up` of new users, `spent` of what users took of limits, `roll_call`
    of who is on which node, where there is no Redis for it.
    """

    def __init__(
        self,
        node: str,
        hub: Hub,
        chats: Chats,
        catch_up: CatchUp,
        arrivals: Arrivals,
        receipts: ReceiptBoard,
        typing: TypingBoard,
        presence: PresenceBoard,
        ended: Callable[[Sequence[str]], None],
        changed: Callable[[ProfileListing], None],
        signed_up: Callable[[str], None],
        spent: Callable[[n.Spent], None],
        roll_call: RollCall | None,
        clock: Callable[[], int],
    ) -> None:
        self._node = node
        self._hub = hub
        self._chats = chats
        self._catch_up = catch_up
        self._receipts = receipts
        self._presence = presence
        self._clock = clock
        self._unknown: set[int] = set()
        self.heard = 0
        self._on: Mapping[type, Callable[[Any], None]] = {
            n.Appended: self._appended,
            n.Reached: lambda each: catch_up.hint(each.chat, each.head),
            n.Came: lambda each: arrivals.arrived(each.user, each.chat, each.after),
            n.Told: self._told,
            n.RightsMoved: self._rights_moved,
            n.CursorsRose: self._cursors_rose,
            n.Types: lambda each: typing.heard(each.chat, each.user, on=each.on),
            n.PresenceMoved: presence.heard,
            n.SessionsEnded: lambda each: ended(each.sessions),
            n.ProfileChanged: lambda each: changed(each.profile),
            n.SignedUp: lambda each: signed_up(each.user),
            n.Spent: spent,
            n.Lost: lambda each: presence.found(dict.fromkeys(each.users, False), clock()),
            n.Holds: _unheard if roll_call is None else roll_call.heard,
            n.Lives: _unheard if roll_call is None else roll_call.heard_of,
            n.Unsure: _unheard if roll_call is None else roll_call.asked,
        }

    def hear(self, _topic: str, data: bytes) -> None:
        """Bytes came on a topic."""
        try:
            bulletin = decode(data)
        except UnknownVersionError as unknown:
            self._say_once(unknown)
            return
        except msgspec.DecodeError:
            log.warning("something on the bus is no news of ours; is its namespace shared with others?")
            return
        if bulletin.node != self._node:
            self.heard += len(bulletin.news)
            for each in bulletin.news:
                self._on[type(each)](each)

    def _say_once(self, unknown: UnknownVersionError) -> None:
        if unknown.version not in self._unknown:
            self._unknown.add(unknown.version)
            log.info("news of another version are ignored; the database tells the same", said=str(unknown))

    def heard_again(self, topic: str) -> None:
        """The topic is heard from now on: a channel that was there before may have missed something."""
        chat = n.chat_of(topic)
        channel = self._hub.channel(chat)
        if channel is not None:
            self._chats.outdated(chat)
            self._catch_up.behind(channel, channel.position)

    def _appended(self, news: n.Appended) -> None:
        chat = self._chats.peek(news.chat)
        if chat is None or news.rights_version > chat.rights_version or not chat.advance(news.entries):
            self._read_again(news)
            return
        self._hub.hear(chat, news.entries, news.accepted, news.traces)

    def _read_again(self, news: n.Appended) -> None:
        self._chats.outdated(news.chat)
        channel = self._hub.channel(news.chat)
        if channel is not None:
            self._hub.trace(channel, news.traces, news.accepted)
            self._catch_up.behind(channel, news.entries[-1].seq)
        else:
            self._hub.note_changes(news.chat, news.entries)

    def _told(self, news: n.Told) -> None:
        self._hub.tell_of_friend(news.user, news.push)
        self._presence.told_of_friend(news.user, news.push)

    def _rights_moved(self, news: n.RightsMoved) -> None:
        chat = self._chats.peek(news.chat)
        if chat is not None and chat.rights_version < news.rights_version:
            self._chats.outdated(news.chat)

    def _cursors_rose(self, news: n.CursorsRose) -> None:
        chat = self._chats.peek(news.chat)
        member = None if chat is None else chat.member(news.user)
        if chat is not None and member is not None:
            member.raise_to(news.received, news.read, news.read_ordinal)
            self._receipts.moved(chat, news.user, self._clock())


def _unheard(_news: object) -> None:
    """Redis knows it better."""
