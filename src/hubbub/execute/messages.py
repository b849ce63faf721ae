"""Saying something, changing it, erasing it, reacting to it."""

from functools import partial

from hubbub.model import transcript
from hubbub.model.chats import ADMIN, GROUP, RANK, Chat
from hubbub.model.commands import Delete, Edit, React, Send
from hubbub.model.draft import Draft, Target
from hubbub.model.effects import MessageEdited
from hubbub.model.entries import Edited, Message
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk
from hubbub.model.proposals import Proposal, propose
from hubbub.model.replies import Done, Reply, Sent
from hubbub.model.rules import check_member, check_room, check_speak


def send(desk: Desk, caller: Caller, command: Send, chat: Chat, _now: int) -> Proposal:
    """A new message; its reply is `sent` (docs/protocol.md §3.1)."""
    if command.msg_type == GROUP:
        check_room(chat)
    check_content(desk, command.content)
    targets = () if command.reply_to is None else (command.reply_to,)
    return propose(caller.user, command, chat, partial(_do_send, caller.user, command), targets=targets)


def check_content(desk: Desk, content: str) -> None:
    """1 … `limits.content_chars` code points."""
    if not content:
        raise Refused(ErrorCode.BAD_REQUEST, "A message needs content.")
    if len(content) > desk.bounds.content_chars:
        raise Refused(ErrorCode.TOO_LONG, f"A message has at most {desk.bounds.content_chars} characters.")


def _do_send(user: str, command: Send, draft: Draft, now: int) -> Reply:
    check_speak(draft, user, now)
    if command.reply_to is not None:
        _message(draft, command.reply_to)
    if not draft.visible:
        _open(draft)
    to = draft.id if draft.msg_type == GROUP else draft.peer_of(user)
    entry = draft.append(
        Message(
            chat=draft.id,
            sender=user,
            msg_id=command.msg_id,
            msg_type=draft.msg_type,
            to=to,
            content=command.content,
            reply_to=command.reply_to,
        )
    )
    return Sent(msg_id=command.msg_id, chat=draft.id, seq=entry.seq, ts=entry.ts, duplicate=False)


def _open(draft: Draft) -> None:
    """Where anyone may write to anyone, the first message makes the chat."""
    if draft.rights_version == 0:
        draft.make()
    draft.show()


def _message(draft: Draft, seq: int) -> Target:
    target = draft.target(seq)
    if target is None:
        raise Refused(ErrorCode.NOT_FOUND, f"There is no message {seq} in this chat.")
    return target


def edit(desk: Desk, caller: Caller, command: Edit, chat: Chat, _now: int) -> Proposal:
    """New content for one's own message."""
    check_content(desk, command.content)
    return propose(
        caller.user, command, chat, partial(_do_edit, caller.user, command), targets=(command.seq,)
    )


def _do_edit(user: str, command: Edit, draft: Draft, now: int) -> Reply:
    check_speak(draft, user, now)
    message = _message(draft, command.seq).entry
    if message.sender != user:
        raise Refused(ErrorCode.FORBIDDEN, "Only its author may edit a message.")
    if message.deleted:
        raise Refused(ErrorCode.NOT_FOUND, "This message was deleted.")
    if message.content == command.content:
        return draft.unchanged()
    entry = draft.append(Edited(chat=draft.id, sender=user, target=message.seq, content=command.content))
    draft.effects.append(MessageEdited(chat=draft.id, seq=message.seq, content=command.content, by=entry.seq))
    message.content, message.edited, message.as_of = command.content, entry.seq, entry.seq
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)


def delete(_desk: Desk, caller: Caller, command: Delete, chat: Chat, _now: int) -> Proposal:
    """Erase a message: one's own, or any as an admin."""
    return propose(
        caller.user, command, chat, partial(_do_delete, caller.user, command), targets=(command.seq,)
    )


def _do_delete(user: str, command: Delete, draft: Draft, now: int) -> Reply:
    check_member(draft, user, now)
    message = _message(draft, command.seq).entry
    member = draft.member(user)
    moderates = draft.msg_type == GROUP and member is not None and RANK[member.role] >= RANK[ADMIN]
    if message.sender != user and not moderates:
        raise Refused(ErrorCode.FORBIDDEN, "Only its author, an admin or an owner may delete a message.")
    if message.deleted:
        return draft.unchanged()
    entry = transcript.erase(draft, user, message)
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)


def react(desk: Desk, caller: Caller, command: React, chat: Chat, _now: int) -> Proposal:
    """Put a reaction, or take it back."""
    if not command.emoji:
        raise Refused(ErrorCode.BAD_REQUEST, "A reaction needs an emoji.")
    if len(command.emoji.encode()) > desk.bounds.emoji_bytes:
        raise Refused(ErrorCode.TOO_LONG, f"A reaction has at most {desk.bounds.emoji_bytes} bytes.")
    return propose(
        caller.user,
        command,
        chat,
        partial(_do_react, desk.bounds.emoji_per_message, caller.user, command),
        targets=(command.seq,),
    )


def _do_react(most: float, user: str, command: React, draft: Draft, now: int) -> Reply:
    check_speak(draft, user, now)
    target = _message(draft, command.seq)
    if target.entry.deleted:
        raise Refused(ErrorCode.NOT_FOUND, "This message was deleted.")
    mark = (command.emoji, user)
    if (mark in target.reactions) == command.on:
        return draft.unchanged()
    if command.on and len({emoji for emoji, _ in target.reactions} | {command.emoji}) > most:
        raise Refused(ErrorCode.TOO_LONG, f"A message carries at most {most} different reactions.")
    entry = transcript.react(draft, user, target.entry, command.emoji, on=command.on)
    (target.reactions.add if command.on else target.reactions.discard)(mark)
    return Done(chat=draft.id, seq=entry.seq, ts=entry.ts)
