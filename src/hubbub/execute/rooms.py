"""Rooms come to be, are found, joined, left, renamed."""

from functools import partial

from hubbub.model import ids
from hubbub.model.chats import ADMIN, GROUP, MEMBER, OWNER, Chat, Member
from hubbub.model.commands import CreateRoom, Invite, Join, Leave, Rename, Rooms
from hubbub.model.draft import Draft
from hubbub.model.entries import Entry, MemberChanged, Renamed
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Bounds, Desk
from hubbub.model.proposals import Proposal, digest, propose
from hubbub.model.replies import Done, Reply, RoomList, RoomMade
from hubbub.model.rules import check_member, check_pair, check_role, check_room
from hubbub.model.transcript import leave as left

NAME_CHARS = 80
DIRECTORY_PAGE = 100


def check_name(name: str) -> None:
    """1-80 characters, not only blanks."""
    if not name.strip():
        raise Refused(ErrorCode.BAD_REQUEST, "A room needs a name.")
    if len(name) > NAME_CHARS:
        raise Refused(ErrorCode.TOO_LONG, f"A room's name has at most {NAME_CHARS} characters.")


def became_member(draft: Draft, by: str, user: str, role: str) -> Entry:
    """Store a new member and the entry that says so; they have read all that was before."""
    entry = draft.append(MemberChanged(chat=draft.id, sender=by, user=user, change="joined"))
    draft.rooms[user] = draft.rooms.get(user, 0) + 1
    before = entry.seq - 1
    draft.restrict(
        user,
        Member(
            role=role,
            muted_until=draft.take_mute(user),
            since=entry.seq,
            received=before,
            read=before,
            read_ordinal=draft.ordinal,
        ),
    )
    return entry


async def create(desk: Desk, caller: Caller, command: CreateRoom, _now: int) -> Proposal:
    """A new room with its creator as the owner."""
    check_name(command.name)
    await check_rooms_of(desk, caller.user)
    fresh = Chat(id=ids.room(desk.entropy(10)), msg_type=GROUP, name=command.name, public=command.public)
    return Proposal(
        user=caller.user,
        chat=fresh.id,
        fresh=fresh,
        msg_id=command.msg_id,
        digest=digest(caller.user, command),
        guest=caller.user,
        decide=partial(_do_create, desk.bounds.rooms_per_user, caller.user),
    )


async def check_rooms_of(desk: Desk, user: str) -> None:
    """Nobody is in more rooms than the setting says."""
    rooms = [chat for chat in await desk.chats.of_user(user) if chat.msg_type == GROUP]
    _check_count(len(rooms), desk.bounds.rooms_per_user)


def _check_count(rooms: int, most: float) -> None:
    if rooms >= most:
        raise Refused(ErrorCode.FORBIDDEN, f"Nobody can be in more than {most} rooms.")


def _do_create(most: float, user: str, draft: Draft, _now: int) -> Reply:
    _check_count(draft.rooms[user], most)
    draft.make()
    entry = became_member(draft, user, user, OWNER)
    return RoomMade(chat=draft.id, name=draft.name, public=draft.public, role=OWNER, seq=entry.seq)


async def find(desk: Desk, _caller: Caller, command: Rooms, _now: int) -> RoomList:
    """A page of the directory of public rooms. Refused(unavailable) to whoever searches while that is let go."""
    if command.query and not desk.offered.is_on("search"):
        raise Refused(ErrorCode.UNAVAILABLE, "Searching is switched off for now; rooms can be listed.")
    rooms = await desk.chats.rooms(command.query or "", command.after or "", DIRECTORY_PAGE + 1)
    return RoomList(rooms=list(rooms[:DIRECTORY_PAGE]), more=len(rooms) > DIRECTORY_PAGE)


async def join(desk: Desk, caller: Caller, command: Join, chat: Chat, _now: int) -> Proposal:
    """Become a member of a public room."""
    if chat.member(caller.user) is None:
        check_join(chat, caller.user)
        await check_rooms_of(desk, caller.user)
    decide = partial(_do_join, desk.bounds, caller.user)
    return propose(caller.user, command, chat, decide, guest=caller.user, rests_on="since")


def check_join(chat: Chat | Draft, user: str) -> None:
    """A public room, and not banned from it."""
    if chat.msg_type != GROUP or not chat.public:
        raise Refused(ErrorCode.NOT_FOUND, "There is no such public room.")
    if chat.is_banned(user):
        raise Refused(ErrorCode.BANNED, "You are banned from this room.")


def _do_join(bounds: Bounds, user: str, draft: Draft, _now: int) -> Reply:
    if draft.member(user) is not None:
        return draft.unchanged()
    check_join(draft, user)
    _check_count(draft.rooms[user], bounds.rooms_per_user)
    count = _check_not_full(draft, bounds.room_members)
    return _done(draft, became_member(draft, user, user, MEMBER if count else OWNER))


def _check_not_full(draft: Draft, most: float) -> int:
    count = draft.count()
    if count >= most:
        raise Refused(ErrorCode.FORBIDDEN, "The room is full.")
    return count


def leave(_desk: Desk, caller: Caller, command: Leave, chat: Chat, _now: int) -> Proposal:
    """Stop being a member; the last owner's successor is the longest-standing admin, else member."""
    return propose(caller.user, command, chat, partial(_do_leave, caller.user), rests_on="since")


def _do_leave(user: str, draft: Draft, now: int) -> Reply:
    if draft.member(user) is None and draft.public:
        return draft.unchanged()
    check_member(draft, user, now)  # first: that two others have a private chat is not for everybody to know
    check_room(draft)
    return _done(draft, left(draft, user))


def rename(_desk: Desk, caller: Caller, command: Rename, chat: Chat, _now: int) -> Proposal:
    """Another name for a room."""
    check_name(command.name)
    return propose(caller.user, command, chat, partial(_do_rename, caller.user, command.name))


def _do_rename(user: str, name: str, draft: Draft, _now: int) -> Reply:
    check_role(draft, user, ADMIN)
    if draft.name == name:
        return draft.unchanged()
    entry = draft.append(Renamed(chat=draft.id, sender=user, name=name))
    draft.rename(name)
    return _done(draft, entry)


async def invite(desk: Desk, caller: Caller, command: Invite, chat: Chat, _now: int) -> Proposal:
    """Make a friend a member."""
    check_invite(chat, caller.user)
    if chat.member(command.user) is None:
        await _check_friends(desk, caller.user, command.user)
        await check_rooms_of(desk, command.user)
    decide = partial(_do_invite, desk.bounds, caller.user, command.user)
    beside = (caller.user, command.user)
    return propose(caller.user, command, chat, decide, beside=beside, guest=command.user)


async def _check_friends(desk: Desk, user: str, friend: str) -> None:
    if not await desk.people.exists(friend):
        raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
    pair = await desk.chats.load(ids.private_chat(user, friend), (user, friend))
    _check_friend(pair, user)


def _check_friend(private: Chat | Draft | None, user: str) -> None:
    if private is None or len(set(private.people or ())) < 2:
        raise Refused(ErrorCode.NOT_FRIENDS)
    check_pair(private, user)
    if not private.pair.friends:
        raise Refused(ErrorCode.NOT_FRIENDS, "Only friends can be invited.")


def check_invite(chat: Chat | Draft, user: str) -> None:
    """Members invite into public rooms, admins and owners into private ones too."""
    check_role(chat, user, MEMBER if chat.public else ADMIN)


def _do_invite(bounds: Bounds, user: str, guest: str, draft: Draft, _now: int) -> Reply:
    check_invite(draft, user)
    if draft.member(guest) is not None:
        return draft.unchanged()
    _check_friend(draft.beside, user)
    _check_count(draft.rooms[guest], bounds.rooms_per_user)
    if draft.is_banned(guest):
        raise Refused(ErrorCode.BANNED, "This user is banned from the room; unban them first.")
    _check_not_full(draft, bounds.room_members)
    return _done(draft, became_member(draft, user, guest, MEMBER))


def _done(draft: Draft, entry: Entry) -> Done:
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)
