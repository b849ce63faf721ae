"""Every request of protocol.md §2 as a method."""

from collections.abc import Sequence
from typing import Literal, TypeVar
from uuid import uuid4

from hubbub_client.wire import replies as r
from hubbub_client.wire import requests as q
from hubbub_client.wire.entries import Summary

R = TypeVar("R", bound=r.Reply)


class Verbs:
    """The requests of a client.

    All raise RequestRefused when the server refuses (nothing was changed), Stopped when the client is not connected
    and does not try to be. Those that only read raise NoAnswer after 30 s without one. Those that change something
    raise Undecided then, and may be called again with the same `msg_id`, which happens once.
    """

    async def ask(self, request: q.Request, expected: type[R]) -> R:
        """Send any request and wait for its reply. Implementation: Client."""
        raise NotImplementedError

    def tell(self, request: q.Request) -> None:
        """Send a request without a reply. Implementation: Client."""
        raise NotImplementedError

    # Messages (send is in Client, with the outbox)

    async def edit(self, chat: str, seq: int, content: str, *, msg_id: str | None = None) -> r.Done:
        """New content for one's own message."""
        return await self.ask(q.Edit(msg_id=_id(msg_id), chat=chat, seq=seq, content=content), r.Done)

    async def delete(self, chat: str, seq: int, *, msg_id: str | None = None) -> r.Done:
        """Erase a message, everywhere."""
        return await self.ask(q.Delete(msg_id=_id(msg_id), chat=chat, seq=seq), r.Done)

    async def react(
        self, chat: str, seq: int, emoji: str, *, on: bool = True, msg_id: str | None = None
    ) -> r.Done:
        """Put a reaction on a message, or take it off."""
        return await self.ask(q.React(msg_id=_id(msg_id), chat=chat, seq=seq, emoji=emoji, on=on), r.Done)

    async def received(self, chat: str, seq: int) -> None:
        """Everything up to `seq` reached this user. The client says so by itself for what `events` yields."""
        await self.ask(q.Received(chat=chat, seq=seq), r.Ok)

    async def read(self, chat: str, seq: int) -> None:
        """Everything up to `seq` was seen by a person."""
        await self.ask(q.Read(chat=chat, seq=seq), r.Ok)

    async def history(
        self, chat: str, *, before: int | None = None, after: int | None = None, limit: int | None = None
    ) -> r.Page:
        """Up to 300 entries (default 50) before or after a seq; the newest when neither is given."""
        return await self.ask(q.History(chat=chat, before=before, after=after, limit=limit), r.Page)

    def typing(self, chat: str, *, on: bool = True) -> None:
        """Typing began or ended; not sent when there is no connection."""
        self.tell(q.SetTyping(chat=chat, on=on))

    # Chats and rooms

    async def chats(self, *, after: str | None = None) -> r.Chats:
        """Own chats, a page at a time."""
        return await self.ask(q.ListChats(after=after), r.Chats)

    async def all_chats(self) -> list[Summary]:
        """Own chats, all pages."""
        found: list[Summary] = []
        more = True
        while more:
            page = await self.chats(after=found[-1].chat if found else None)
            found += page.chats
            more = page.more and bool(page.chats)
        return found

    async def create_room(self, name: str, *, public: bool = False, msg_id: str | None = None) -> r.Room:
        """A new room, owned by this user."""
        return await self.ask(q.CreateRoom(msg_id=_id(msg_id), name=name, public=public), r.Room)

    async def rooms(self, query: str | None = None, *, after: str | None = None) -> r.Rooms:
        """Public rooms, a page at a time."""
        return await self.ask(q.ListRooms(query=query, after=after), r.Rooms)

    async def join(self, chat: str, *, msg_id: str | None = None) -> r.Done:
        """Become a member of a public room."""
        return await self.ask(q.Join(msg_id=_id(msg_id), chat=chat), r.Done)

    async def leave(self, chat: str, *, msg_id: str | None = None) -> r.Done:
        """Be a member no longer."""
        return await self.ask(q.Leave(msg_id=_id(msg_id), chat=chat), r.Done)

    async def rename(self, chat: str, name: str, *, msg_id: str | None = None) -> r.Done:
        """A new name for a room."""
        return await self.ask(q.Rename(msg_id=_id(msg_id), chat=chat, name=name), r.Done)

    async def members(self, chat: str, *, after: str | None = None, limit: int | None = None) -> r.Members:
        """Members of a room, a page at a time."""
        return await self.ask(q.ListMembers(chat=chat, after=after, limit=limit), r.Members)

    # Moderation

    async def invite(self, chat: str, user: str, *, msg_id: str | None = None) -> r.Done:
        """Bring a friend into a room."""
        return await self.ask(q.Invite(msg_id=_id(msg_id), chat=chat, user=user), r.Done)

    async def kick(self, chat: str, user: str, *, msg_id: str | None = None) -> r.Done:
        """Remove a member, who may come back."""
        return await self.ask(q.Kick(msg_id=_id(msg_id), chat=chat, user=user), r.Done)

    async def ban(self, chat: str, user: str, *, msg_id: str | None = None) -> r.Done:
        """Remove a user for good."""
        return await self.ask(q.Ban(msg_id=_id(msg_id), chat=chat, user=user), r.Done)

    async def unban(self, chat: str, user: str, *, msg_id: str | None = None) -> r.Done:
        """Let a banned user come back."""
        return await self.ask(q.Unban(msg_id=_id(msg_id), chat=chat, user=user), r.Done)

    async def mute(self, chat: str, user: str, until: int, *, msg_id: str | None = None) -> r.Done:
        """Silence a member until a time in ms since the epoch; 0 ends it."""
        return await self.ask(q.Mute(msg_id=_id(msg_id), chat=chat, user=user, until=until), r.Done)

    async def set_role(
        self, chat: str, user: str, role: Literal["owner", "admin", "member"], *, msg_id: str | None = None
    ) -> r.Done:
        """Give a member another role."""
        return await self.ask(q.SetRole(msg_id=_id(msg_id), chat=chat, user=user, role=role), r.Done)

    # People

    async def befriend(self, user: str, *, msg_id: str | None = None) -> None:
        """Ask somebody to be friends."""
        await self.ask(q.Befriend(msg_id=_id(msg_id), user=user), r.Ok)

    async def accept(self, user: str, *, msg_id: str | None = None) -> None:
        """Say yes to a friend request; a private chat comes with it."""
        await self.ask(q.Accept(msg_id=_id(msg_id), user=user), r.Ok)

    async def decline(self, user: str, *, msg_id: str | None = None) -> None:
        """Say no to a friend request."""
        await self.ask(q.Decline(msg_id=_id(msg_id), user=user), r.Ok)

    async def unfriend(self, user: str, *, msg_id: str | None = None) -> None:
        """End a friendship."""
        await self.ask(q.Unfriend(msg_id=_id(msg_id), user=user), r.Ok)

    async def block(self, user: str, *, msg_id: str | None = None) -> None:
        """Hear nothing more from somebody in private."""
        await self.ask(q.Block(msg_id=_id(msg_id), user=user), r.Ok)

    async def unblock(self, user: str, *, msg_id: str | None = None) -> None:
        """Take a block back."""
        await self.ask(q.Unblock(msg_id=_id(msg_id), user=user), r.Ok)

    async def friends(self) -> r.Friends:
        """Friends, requests both ways, blocked users."""
        return await self.ask(q.ListFriends(), r.Friends)

    async def profile(self, users: Sequence[str]) -> list[r.UserProfile]:
        """How up to 200 users want to be shown."""
        return (await self.ask(q.Profile(users=list(users)), r.Profiles)).profiles

    async def presence(self, users: Sequence[str]) -> list[r.UserPresence]:
        """Who of up to 200 users is online."""
        return (await self.ask(q.AskPresence(users=list(users)), r.Presences)).presences

    async def ping(self) -> None:
        """Returns when the server answered."""
        await self.ask(q.Ping(), r.Pong)


def _id(msg_id: str | None) -> str:
    return msg_id or uuid4().hex
