"""What a person can do about what is before them: requests to the server, and what they change on the desk at once."""

from collections.abc import Callable, Coroutine
from typing import Any, Literal
from uuid import uuid4

from hubbub_client.client import Client
from hubbub_client.errors import HubbubError, RequestRefused, Undecided
from hubbub_client.tasks import Tasks
from hubbub_client.terminal.desk.chat import Chat, Pending
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.wording import trouble
from hubbub_client.wire.replies import RoomMember

PAGE = 100
"""Entries fetched at a time: two or three screens of a large terminal."""

MEMBERS_MAX = 1_000
"""Members listed of a room. In larger ones a person is found by name, not by scrolling."""

PRESENCE_MAX = 200
"""Users the server tells of at a time (protocol.md §2)."""

TYPING_EVERY_MS = 3_000
"""How often this side says that it types: half of how long that lasts, so that it never seems to stop."""


class Deeds:
    """One person's. Methods raise HubbubError; `changed` is called when the desk looks otherwise."""

    def __init__(
        self, client: Client, desk: Desk, now_ms: Callable[[], int], changed: Callable[[], None]
    ) -> None:
        self.client = client
        self.desk = desk
        self._now_ms = now_ms
        self._changed = changed
        self._tasks = Tasks()
        self._loading: set[str] = set()
        self._completing: set[str] = set()
        self._typed_at = 0

    async def aclose(self) -> None:
        """End the work."""
        await self._tasks.cancel()

    def later(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something that nobody waits for; what goes wrong is told."""
        self._tasks.spawn(self._told(work), f"terminal {name}")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except HubbubError as error:
            self.desk.tell(trouble(error), bad=True)
        self._changed()

    # Reading

    def open(self, chat_id: str) -> None:
        """Go to a chat; what a screen shows of it is fetched when it is shown."""
        self.desk.open(chat_id)
        self._changed()

    def complete(self, chat: Chat) -> None:
        """Fetch what a screen shows of a chat, and who is in it; once at a time."""
        if chat.id not in self._completing:
            self._completing.add(chat.id)
            self.later(self._complete(chat), "complete")

    async def _complete(self, chat: Chat) -> None:
        try:
            if len(chat.log) < PAGE // 2:
                await self.older(chat)
            if chat.members is None:
                await self.learn_members(chat)
        finally:
            self._completing.discard(chat.id)

    async def older(self, chat: Chat) -> None:
        """Fetch what stands before what is here."""
        if chat.log.whole or chat.log.full or chat.id in self._loading or not self.desk.connected:
            return
        self._loading.add(chat.id)
        try:
            page = await self.client.history(chat.id, before=chat.log.first, limit=PAGE)
            chat.log.add_page(page.entries, more=page.more)
        finally:
            self._loading.discard(chat.id)
        self._changed()

    def loading(self, chat: Chat) -> bool:
        """Earlier messages are on their way."""
        return chat.id in self._loading

    def read(self, chat: Chat) -> None:
        """The person has everything of this chat before them."""
        if chat.unread and self.desk.connected:
            chat.seen(chat.counted_to)
            self.later(self.client.read(chat.id, chat.counted_to), "read")
            self._changed()

    async def learn_members(self, chat: Chat) -> None:
        """Who is in a room, how far they have read, and who of them is there."""
        if not self.desk.connected:
            return
        members: list[RoomMember] = []
        more = True
        while more and len(members) < MEMBERS_MAX:
            after = members[-1].user if members else None
            page = await self.client.members(chat.id, after=after)
            members += page.members
            more = page.more and bool(page.members)
        chat.learn_members(members, self.desk.me)
        await self._learn_presence([member.user for member in members])
        self._changed()

    async def learn_people(self) -> None:
        """Friends, requests, and who is there."""
        self.desk.people.replace(await self.client.friends())
        peers = [chat.peer for chat in self.desk.chats.values() if chat.peer]
        await self._learn_presence(sorted({*self.desk.people.friends, *peers}))
        self._changed()

    async def _learn_presence(self, users: list[str]) -> None:
        if users:
            self.desk.people.seen(await self.client.presence(users[:PRESENCE_MAX]))

    async def look_for_rooms(self, query: str) -> None:
        """Public rooms whose name fits."""
        self.desk.directory = (await self.client.rooms(query.strip() or None)).rooms
        self._changed()

    # Writing

    def say(self, chat: Chat, content: str, reply_to: int | None = None) -> None:
        """Send a message: it stands in the transcript at once, and tells how far it has come."""
        pending = Pending(uuid4().hex, content, self._now_ms(), reply_to)
        chat.pending.append(pending)
        chat.new_after = None
        self._send(chat, pending)

    def again(self, chat: Chat, msg_id: str) -> None:
        """Send a message that was refused once more, under the same name."""
        for pending in chat.pending:
            if pending.msg_id == msg_id and pending.trouble:
                pending.trouble = ""
                self._send(chat, pending)

    def give_up(self, chat: Chat, msg_id: str) -> str:
        """Take a message that was refused away; what it said."""
        found = next((each for each in chat.pending if each.msg_id == msg_id and each.trouble), None)
        if found is None:
            return ""
        chat.pending.remove(found)
        self._changed()
        return found.content

    def _send(self, chat: Chat, pending: Pending) -> None:
        self.later(self._sent(chat, pending), "send")
        self._changed()

    async def _sent(self, chat: Chat, pending: Pending) -> None:
        """Undecided messages stay in the outbox and go out at the next connection: nothing to tell."""
        try:
            await self.client.send(chat.id, pending.content, reply_to=pending.reply_to, msg_id=pending.msg_id)
        except Undecided:
            return
        except HubbubError as error:
            pending.trouble = trouble(error)

    async def change(self, chat: Chat, seq: int, content: str) -> None:
        """Give a message of one's own another text."""
        await self.client.edit(chat.id, seq, content)

    def typed(self) -> None:
        """A key was pressed in the open chat."""
        now, chat = self._now_ms(), self.desk.chat
        if chat is not None and now - self._typed_at >= TYPING_EVERY_MS:
            self._typed_at = now
            self.client.typing(chat.id)

    async def react(self, chat: Chat, seq: int, emoji: str) -> None:
        """Put a reaction on a message, or take one's own back."""
        message = chat.log.message(seq)
        there = None if message is None else message.reactions.get(emoji)
        await self.client.react(chat.id, seq, emoji, on=there is None or not there.mine)

    # People and rooms

    async def people(self, ask: Callable[[str], Coroutine[Any, Any, None]], user: str) -> None:
        """Do one of the things that change the lists of people, and see what became of them."""
        await ask(user)
        await self.learn_people()

    async def create_room(self, name: str, *, public: bool) -> None:
        """Make a room and go there."""
        room = await self.client.create_room(name, public=public)
        self.desk.open(room.chat)
        self._changed()

    async def join(self, chat_id: str) -> None:
        """Enter a public room and go there."""
        await self.client.join(chat_id)
        self.desk.open(chat_id)
        self._changed()

    async def mute(self, chat_id: str, user: str, minutes: int) -> None:
        """Silence a member, or let them speak again."""
        await self.client.mute(chat_id, user, self._now_ms() + minutes * 60_000 if minutes else 0)

    async def set_role(self, chat_id: str, user: str, role: str) -> None:
        """Give a member another role."""
        roles: dict[str, Literal["owner", "admin", "member"]] = {
            "owner": "owner", "admin": "admin", "member": "member"
        }  # fmt: skip
        if role not in roles:
            raise RequestRefused("bad_request", f"{role} is no role")
        await self.client.set_role(chat_id, user, roles[role])
