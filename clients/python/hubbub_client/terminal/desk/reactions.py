"""THE TABLE: what each event changes on the desk. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from hubbub_client.events import (
    CaughtUp,
    ChatAdded,
    ChatGone,
    Entry,
    Event,
    Friend,
    Member,
    Message,
    NotDelivered,
    Presence,
    Receipt,
    Renamed,
    Reset,
    StateChanged,
    Status,
    Typing,
)
from hubbub_client.terminal.desk.chat import TYPING_MS, Chat
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.safe_text import cut, one_line

_QUOTED = 40


def react(desk: Desk, event: Event, now_ms: int) -> None:
    """Change what the event changes. What has no row and is no entry changes nothing that is seen."""
    if isinstance(event, Entry) and (chat := desk.chats.get(event.chat)) is not None:
        chat.log.add(event)
    row = REACTIONS.get(type(event))
    if row is not None:
        row(desk, event, now_ms)


def _on_message(desk: Desk, event: Message, now_ms: int) -> None:
    chat = desk.chats.get(event.chat)
    if chat is None:
        return
    chat.hear(event, desk.me)
    if event.sender == desk.me:
        chat.new_after = None
    elif event.chat != desk.current or not desk.attentive:
        chat.new_after = chat.new_after if chat.new_after is not None else chat.read


def _on_member(desk: Desk, event: Member, now_ms: int) -> None:
    chat = desk.chats.get(event.chat)
    if chat is None:
        return
    chat.members = None
    if event.user == desk.me:
        chat.active_ts = max(chat.active_ts, event.ts)
        chat.promote(event.role or chat.role)


def _on_renamed(desk: Desk, event: Renamed, now_ms: int) -> None:
    if (chat := desk.chats.get(event.chat)) is not None:
        chat.rename(event.name)


def _on_chat(desk: Desk, event: ChatAdded, now_ms: int) -> None:
    known = desk.chats.get(event.chat)
    if known is None:
        desk.chats[event.chat] = Chat.of(event.summary, desk.me)
    else:
        known.learn(event.summary, desk.me)


def _on_gone(desk: Desk, event: ChatGone, now_ms: int) -> None:
    gone = desk.chats.pop(event.chat, None)
    if desk.current == event.chat:
        desk.current = None
        desk.tell(f"You are not in {gone.label if gone else 'this chat'} any longer.")


def _on_reset(desk: Desk, event: Reset, now_ms: int) -> None:
    if (chat := desk.chats.get(event.chat)) is not None:
        chat.log.clear()


def _on_receipt(desk: Desk, event: Receipt, now_ms: int) -> None:
    chat = desk.chats.get(event.chat)
    if chat is not None and event.user == desk.me:
        chat.seen(event.read)
    elif chat is not None:
        chat.marked(event)


def _on_typing(desk: Desk, event: Typing, now_ms: int) -> None:
    chat = desk.chats.get(event.chat)
    if chat is None or event.user == desk.me or event.user in desk.people.blocked:
        return
    if event.on:
        chat.typing[event.user] = now_ms + TYPING_MS
    else:
        chat.typing.pop(event.user, None)


def _on_presence(desk: Desk, event: Presence, now_ms: int) -> None:
    desk.people.presence[event.user] = event


def _on_friend(desk: Desk, event: Friend, now_ms: int) -> None:
    desk.people.changed(event)
    chat = desk.with_peer(event.user)
    if chat is not None and event.change == "accepted":
        chat.active_ts = max(chat.active_ts, now_ms)
    said = {"requested": "wants to be your friend: F2 answers", "accepted": "and you are friends now"}
    if event.change in said:
        desk.tell(f"{one_line(event.user)} {said[event.change]}.")


def _on_state(desk: Desk, event: StateChanged, now_ms: int) -> None:
    desk.state = event
    desk.retry_at_ms = None if event.retry_in_s is None else now_ms + int(event.retry_in_s * 1000)
    desk.was_connected = desk.was_connected or event.status is Status.CONNECTED


def _on_caught_up(desk: Desk, event: CaughtUp, now_ms: int) -> None:
    if not event.complete:
        desk.tell(
            "The server was restored from a backup: what you see may differ from what you saw.", bad=True
        )
    elif event.entries:
        desk.tell(f"Back: {event.entries} new {'entry' if event.entries == 1 else 'entries'}, nothing lost.")


def _on_not_delivered(desk: Desk, event: NotDelivered, now_ms: int) -> None:
    for chat in desk.chats.values():
        for pending in chat.pending:
            if pending.msg_id == event.msg_id:
                pending.trouble = one_line(event.message or event.code)
    desk.tell(f"Refused ({event.code}): {cut(event.content, _QUOTED)}", bad=True)


REACTIONS: Mapping[type, Callable[[Desk, Any, int], None]] = {
    Message: _on_message,
    Member: _on_member,
    Renamed: _on_renamed,
    ChatAdded: _on_chat,
    ChatGone: _on_gone,
    Reset: _on_reset,
    Receipt: _on_receipt,
    Typing: _on_typing,
    Presence: _on_presence,
    Friend: _on_friend,
    StateChanged: _on_state,
    CaughtUp: _on_caught_up,
    NotDelivered: _on_not_delivered,
}
