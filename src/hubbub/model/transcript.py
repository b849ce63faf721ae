"""Changes of a chat that more than one use case makes: each the entry that says so, and what it changes besides.

Whether it may be made is for the caller to check.
"""

from msgspec.structs import replace

from hubbub.model.chats import OWNER, RANK, Member
from hubbub.model.draft import Draft
from hubbub.model.effects import MessageErased, ReactionChanged
from hubbub.model.entries import Deleted, Entry, MemberChanged, Message, Reacted


def leave(draft: Draft, user: str) -> Entry:
    """The user goes; the last owner's successor is the longest-standing admin, else member."""
    entry = draft.append(MemberChanged(chat=draft.id, sender=user, user=user, change="left"))
    draft.drop_member(user)
    succeed(draft, user)
    return entry


def succeed(draft: Draft, leaver: str) -> None:
    """Make the longest-standing admin, else member, the owner of a room that has none left."""
    rest = list(draft.everybody())
    if not rest or any(member.role == OWNER for _, member in rest):
        return
    user, heir = min(rest, key=lambda each: (-RANK[each[1].role], each[1].since, each[0]))
    set_role(draft, leaver, user, heir, OWNER)


def set_role(draft: Draft, by: str, user: str, member: Member, role: str) -> Entry:
    """Store another role and the entry that says so."""
    entry = draft.append(MemberChanged(chat=draft.id, sender=by, user=user, change="role", role=role))
    change = draft.restrict if RANK[role] < RANK[member.role] else draft.put_member
    change(user, replace(member, role=role))
    return entry


def erase(draft: Draft, by: str, message: Message) -> Entry:
    """The message and its edits have no content any more."""
    entry = draft.append(Deleted(chat=draft.id, sender=by, target=message.seq))
    draft.effects.append(MessageErased(chat=draft.id, seq=message.seq, by=entry.seq))
    message.content, message.deleted, message.as_of = None, True, entry.seq
    draft.erase_edits(message.seq)
    return entry


def react(draft: Draft, user: str, message: Message, emoji: str, *, on: bool) -> Entry:
    """A user's reaction is put, or taken back."""
    entry = draft.append(Reacted(chat=draft.id, sender=user, target=message.seq, emoji=emoji, on=on))
    draft.effects.append(
        ReactionChanged(chat=draft.id, seq=message.seq, emoji=emoji, user=user, on=on, by=entry.seq)
    )
    message.as_of = entry.seq
    return entry
