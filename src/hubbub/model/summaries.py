"""A user's list of chats, and lists that must fit into one envelope."""

from collections.abc import Sequence
from typing import TypeVar

from hubbub.model.chats import PRIVATE, Chat
from hubbub.model.ports import Desk
from hubbub.model.replies import ChatList, MemberList, MemberListing, Summary

T = TypeVar("T")
ENVELOPE = 1_024  # bytes kept free for what stands around a list in its envelope


def fitting(desk: Desk, things: Sequence[T], room: int) -> Sequence[T]:
    """The first things that take no more than `room` bytes together, at least one."""
    for count, thing in enumerate(things):
        room -= desk.measure(thing) + 1
        if room < 0:
            return things[: max(count, 1)]
    return things


async def chat_list(desk: Desk, user: str, mine: Sequence[Chat]) -> ChatList:
    """As many summaries as one envelope holds."""
    summaries = await summarize(desk, user, mine)
    kept = fitting(desk, summaries, desk.bounds.reply_bytes - ENVELOPE)
    return ChatList(chats=list(kept), more=len(kept) < len(summaries))


async def summarize(desk: Desk, user: str, mine: Sequence[Chat]) -> list[Summary]:
    """One summary per chat the user is a member of."""
    peers = [chat.peer_of(user) for chat in mine if chat.msg_type == PRIVATE]
    names = {name: each.display_name for name, each in (await desk.people.profiles(peers)).items()}
    return [made for chat in mine if (made := summary(chat, user, names)) is not None]


def summary(chat: Chat, user: str, names: dict[str, str]) -> Summary | None:
    """The chat as this member sees it in a list; `names` are display names of private chats' peers."""
    member = chat.member(user)
    if member is None:
        return None
    peer = chat.peer_of(user) if chat.msg_type == PRIVATE else None
    return Summary(
        chat=chat.id,
        msg_type=chat.msg_type,
        name=chat.name if peer is None else names.get(peer, peer),
        peer=peer,
        public=chat.public if peer is None else None,
        role=member.role if peer is None else None,
        head=chat.head,
        received=member.received,
        read=member.read,
        unread=max(chat.ordinal - member.read_ordinal, 0),
        last=chat.last,
    )


async def member_list(desk: Desk, chat: Chat, after: str, limit: int, now: int) -> MemberList:
    """Who is in a chat, in the order of their names."""
    users = sorted(user for user in chat.members if user > after)
    chosen = users[:limit]
    profiles = await desk.people.profiles(chosen)
    listed = [
        MemberListing(
            user=user,
            display_name=profiles[user].display_name if user in profiles else user,
            role=member.role,
            muted_until=member.muted_until if member.muted_until > now else None,
            read=member.read,
            received=member.received,
        )
        for user in chosen
        if (member := chat.members.get(user)) is not None
    ]
    return MemberList(members=listed, more=len(users) > len(chosen))
