"""Friendship: asked for, granted, refused, ended, and blocks. The private chat of two people holds what they are."""

from functools import partial

from msgspec.structs import replace

from hubbub.model.commands import Accept, Befriend, Block, Decline, Friends, Unblock, Unfriend
from hubbub.model.draft import Draft
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ids import private_chat
from hubbub.model.ports import Desk
from hubbub.model.proposals import Decide, Proposal, digest
from hubbub.model.replies import FriendLists, FriendPush, Ok, Reply

AnyFriendship = Befriend | Accept | Decline | Unfriend | Block | Unblock


async def lists(desk: Desk, caller: Caller, _command: Friends, _now: int) -> FriendLists:
    """Friends, requests both ways, blocks. Who was told of a change before the reply finds it in the reply."""
    while True:
        told = desk.pushes.friend_pushes(caller.user)
        found = await desk.people.relations(caller.user)
        if desk.pushes.friend_pushes(caller.user) == told:
            return found


async def befriend(desk: Desk, caller: Caller, command: Befriend, _now: int) -> Proposal:
    """Ask somebody, or say yes to somebody who asked first."""
    return await _proposal(desk, caller, command, partial(_do_befriend, caller.user, command.user))


async def _proposal(desk: Desk, caller: Caller, command: AnyFriendship, decide: Decide) -> Proposal:
    if command.user == caller.user:
        raise Refused(ErrorCode.BAD_REQUEST, "That is you.")
    if command.user not in await desk.people.profiles(
        [caller.user, command.user]
    ):  # both: their chat names them
        raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
    return Proposal(
        user=caller.user,
        chat=private_chat(caller.user, command.user),
        people=(caller.user, command.user),
        msg_id=command.msg_id,
        digest=digest(caller.user, command) if command.msg_id else "",
        decide=decide,
    )


def _do_befriend(user: str, peer: str, draft: Draft, _now: int) -> Reply:
    _check_not_blocking(draft, user)
    if draft.pair.friends:
        return Ok()
    if draft.pair.requested_by == peer and not draft.pair.blockers:
        return _become_friends(user, peer, draft)
    if draft.pair.requested_by is None:
        _store(draft)
        draft.set_pair(replace(draft.pair, requested_by=user))
        if not draft.pair.blockers:
            draft.note(peer, FriendPush(user=user, change="requested"))
    return Ok()


def _check_not_blocking(draft: Draft, user: str) -> None:
    if user in draft.pair.blockers:
        raise Refused(ErrorCode.BLOCKED)


def _store(draft: Draft) -> None:
    if draft.rights_version == 0:
        draft.make()


def _become_friends(user: str, peer: str, draft: Draft) -> Reply:
    draft.set_pair(replace(draft.pair, friends=True, requested_by=None))
    if not draft.visible:
        draft.show()
    _note_both(draft, user, peer, "accepted")
    return Ok()


def _note_both(draft: Draft, user: str, peer: str, change: str) -> None:
    draft.note(peer, FriendPush(user=user, change=change))  # type: ignore[arg-type]
    draft.note(user, FriendPush(user=peer, change=change))  # type: ignore[arg-type]


def _note_ended(draft: Draft, user: str, peer: str, blockers: frozenset[str]) -> None:
    """`user` ended it and hears so in any case; where there is a block, nothing reaches the other."""
    draft.note(user, FriendPush(user=peer, change="removed"))
    if not blockers:
        draft.note(peer, FriendPush(user=user, change="removed"))


async def accept(desk: Desk, caller: Caller, command: Accept, _now: int) -> Proposal:
    """Say yes: they are friends, and their chat exists from now on."""
    return await _proposal(desk, caller, command, partial(_do_accept, caller.user, command.user))


def _do_accept(user: str, peer: str, draft: Draft, _now: int) -> Reply:
    _check_not_blocking(draft, user)
    if draft.pair.friends:
        return Ok()
    if draft.pair.requested_by != peer or draft.pair.blockers:
        raise Refused(ErrorCode.NOT_FOUND, "There is no friend request of this user.")
    return _become_friends(user, peer, draft)


async def decline(desk: Desk, caller: Caller, command: Decline, _now: int) -> Proposal:
    """Say no."""
    return await _proposal(desk, caller, command, partial(_do_decline, caller.user, command.user))


def _do_decline(user: str, peer: str, draft: Draft, _now: int) -> Reply:
    if draft.pair.requested_by == peer and not draft.pair.blockers:
        draft.set_pair(replace(draft.pair, requested_by=None))
        _note_both(draft, user, peer, "removed")
    return Ok()


async def unfriend(desk: Desk, caller: Caller, command: Unfriend, _now: int) -> Proposal:
    """End a friendship, or take back one's own request."""
    return await _proposal(desk, caller, command, partial(_do_unfriend, caller.user, command.user))


def _do_unfriend(user: str, peer: str, draft: Draft, _now: int) -> Reply:
    if draft.pair.friends or draft.pair.requested_by == user:
        draft.set_pair(replace(draft.pair, friends=False, requested_by=None))
        _note_ended(draft, user, peer, draft.pair.blockers)
    return Ok()


async def block(desk: Desk, caller: Caller, command: Block, _now: int) -> Proposal:
    """Hear nothing more from a user in private. They see a friendship ended, and are never told of the block."""
    return await _proposal(desk, caller, command, partial(_do_block, caller.user, command.user))


def _do_block(user: str, peer: str, draft: Draft, _now: int) -> Reply:
    if user in draft.pair.blockers:
        return Ok()
    before = draft.pair
    _store(draft)
    open_request = before.requested_by if before.requested_by == peer else None
    draft.set_pair(
        replace(before, friends=False, requested_by=open_request, blockers=before.blockers | {user})
    )
    if before.friends or before.requested_by == user:
        _note_ended(draft, user, peer, before.blockers)
    return Ok()


async def unblock(desk: Desk, caller: Caller, command: Unblock, _now: int) -> Proposal:
    """End one's block. What the other asked meanwhile went nowhere: to them it looks declined."""
    return await _proposal(desk, caller, command, partial(_do_unblock, caller.user, command.user))


def _do_unblock(user: str, peer: str, draft: Draft, _now: int) -> Reply:
    if user in draft.pair.blockers:
        if draft.pair.requested_by == peer:
            draft.note(peer, FriendPush(user=user, change="removed"))
        still = None if draft.pair.requested_by == peer else draft.pair.requested_by
        draft.set_pair(replace(draft.pair, requested_by=still, blockers=draft.pair.blockers - {user}))
    return Ok()
