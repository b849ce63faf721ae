"""Everything a person has before them. Pure: what happens changes it in reactions.py."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from hubbub_client.events import StateChanged, Status
from hubbub_client.terminal.desk.chat import Chat, Pending
from hubbub_client.terminal.desk.people import People
from hubbub_client.wire.replies import PublicRoom
from hubbub_client.wire.requests import Send

NEWS_MAX = 20
"""Things to tell a person that wait to be told; older ones would be off the screen anyway."""


class News(NamedTuple):
    """Something to tell a person once; `bad`: it went wrong."""

    text: str
    bad: bool = False


class Desk:
    """`current`: the open chat. `attentive`: the person looks at its end, so that what arrives there is read."""

    def __init__(self, me: str) -> None:
        self.me = me
        self.chats: dict[str, Chat] = {}
        self.people = People()
        self.state = StateChanged(Status.DISCONNECTED)
        self.retry_at_ms: int | None = None
        self.was_connected = False
        self.current: str | None = None
        self.attentive = False
        self.directory: list[PublicRoom] = []
        self.news: deque[News] = deque(maxlen=NEWS_MAX)

    @property
    def chat(self) -> Chat | None:
        """The open chat."""
        return self.chats.get(self.current or "")

    @property
    def connected(self) -> bool:
        """The server is there."""
        return self.state.status is Status.CONNECTED

    @property
    def waiting(self) -> int:
        """Messages on their way, in all chats."""
        return sum(not each.trouble for chat in self.chats.values() for each in chat.pending)

    @property
    def unread(self) -> int:
        """Unread messages, in all chats."""
        return sum(chat.unread for chat in self.chats.values())

    def by_activity(self) -> list[Chat]:
        """The chats, those where something happened last first."""
        return sorted(self.chats.values(), key=lambda chat: (-chat.active_ts, chat.label.casefold(), chat.id))

    def with_peer(self, user: str) -> Chat | None:
        """The private chat with somebody."""
        return next((chat for chat in self.chats.values() if chat.peer == user), None)

    def open(self, chat: str | None) -> None:
        """Go to a chat: the line above what is new stands where reading ended."""
        left = self.chat
        if left is not None:
            left.new_after = None
        self.current = chat
        if (here := self.chat) is not None and here.unread:
            here.new_after = here.read

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Something to tell the person."""
        self.news.append(News(text, bad))

    def expect(self, sends: Iterable[Send], now_ms: int) -> None:
        """Messages an earlier start left undecided: they are on their way again."""
        for send in sends:
            chat = self.chats.get(send.to) if send.msg_type == "group" else self.with_peer(send.to)
            if chat is not None and all(each.msg_id != send.msg_id for each in chat.pending):
                chat.pending.append(Pending(send.msg_id, send.content, now_ms, send.reply_to))
