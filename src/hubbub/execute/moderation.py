"""Keeping order in a room: kick, ban, unban, mute, roles. Nobody acts on an equal or higher role."""

from functools import partial
from typing import Literal

from msgspec.structs import replace

from hubbub.model import transcript
from hubbub.model.chats import ADMIN, OWNER, Chat, Member
from hubbub.model.commands import Ban, Kick, Mute, SetRole, Unban
from hubbub.model.draft import Draft
from hubbub.model.entries import MemberChanged
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.proposals import Proposal, propose
from hubbub.model.replies import Done, Reply
from hubbub.model.rules import check_outranks, check_role


def kick(_desk: Desk, caller: Caller, command: Kick, chat: Chat, _now: int) -> Proposal:
    """Remove a member."""
    return propose(caller.user, command, chat, partial(_do_kick, caller.user, command))


def _do_kick(user: str, command: Kick, draft: Draft, _now: int) -> Reply:
    actor = check_role(draft, user, ADMIN)
    check_outranks(actor, _subject(draft, command.user))
    return _remove(draft, user, command.user, "kicked")


def _subject(draft: Draft, user: str) -> Member:
    member = draft.member(user)
    if member is None:
        raise Refused(ErrorCode.NOT_FOUND, "This user is not in the room.")
    return member


def _remove(draft: Draft, by: str, user: str, change: Literal["kicked", "banned"]) -> Reply:
    entry = draft.append(MemberChanged(chat=draft.id, sender=by, user=user, change=change))
    if draft.member(user) is not None:
        draft.drop_member(user)
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)


async def ban(desk: Desk, caller: Caller, command: Ban, chat: Chat, _now: int) -> Proposal:
    """Remove a user, member or not, and keep them out."""
    if chat.member(command.user) is None and not await desk.people.exists(command.user):
        check_role(chat, caller.user, ADMIN)
        raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
    return propose(caller.user, command, chat, partial(_do_ban, caller.user, command))


def _do_ban(user: str, command: Ban, draft: Draft, _now: int) -> Reply:
    actor = check_role(draft, user, ADMIN)
    if draft.is_banned(command.user):
        return draft.unchanged()
    check_outranks(actor, draft.member(command.user) or Member())
    draft.set_banned(command.user, user, banned=True)
    return _remove(draft, user, command.user, "banned")


def unban(_desk: Desk, caller: Caller, command: Unban, chat: Chat, _now: int) -> Proposal:
    """Let a banned user come back."""
    return propose(caller.user, command, chat, partial(_do_unban, caller.user, command))


def _do_unban(user: str, command: Unban, draft: Draft, _now: int) -> Reply:
    check_role(draft, user, ADMIN)
    if not draft.is_banned(command.user):
        return draft.unchanged()
    entry = draft.append(MemberChanged(chat=draft.id, sender=user, user=command.user, change="unbanned"))
    draft.set_banned(command.user, user, banned=False)
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)


def mute(_desk: Desk, caller: Caller, command: Mute, chat: Chat, _now: int) -> Proposal:
    """Take a member's voice for a time, or give it back."""
    return propose(caller.user, command, chat, partial(_do_mute, caller.user, command))


def _do_mute(user: str, command: Mute, draft: Draft, now: int) -> Reply:
    actor = check_role(draft, user, ADMIN)
    member = _subject(draft, command.user)
    check_outranks(actor, member)
    until = command.until if command.until > now else 0
    if until == member.muted_until or (until == 0 and member.muted_until <= now):
        return draft.unchanged()
    entry = draft.append(
        MemberChanged(chat=draft.id, sender=user, user=command.user, change="muted", until=until)
    )
    change = draft.restrict if until else draft.put_member
    change(command.user, replace(member, muted_until=until))
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)


def set_role(_desk: Desk, caller: Caller, command: SetRole, chat: Chat, _now: int) -> Proposal:
    """Give a member another role; an owner may step down while another owner stays."""
    return propose(caller.user, command, chat, partial(_do_set_role, caller.user, command))


def _do_set_role(user: str, command: SetRole, draft: Draft, _now: int) -> Reply:
    actor = check_role(draft, user, OWNER)
    member = _subject(draft, command.user)
    if member.role == command.role:
        return draft.unchanged()
    if command.user == user:
        _check_other_owner(draft, user)
    else:
        check_outranks(actor, member)
    entry = transcript.set_role(draft, user, command.user, member, command.role)
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)


def _check_other_owner(draft: Draft, user: str) -> None:
    if not any(member.role == OWNER and other != user for other, member in draft.everybody()):
        raise Refused(ErrorCode.FORBIDDEN, "You are the only owner; make somebody else one first.")
