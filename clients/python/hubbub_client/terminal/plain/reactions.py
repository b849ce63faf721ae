"""What arrives: THE TABLE of events and what a terminal chat does about each."""

from collections.abc import Callable, Mapping
from typing import Any

from hubbub_client.events import (
    CaughtUp,
    ChatAdded,
    Delivered,
    Entry,
    Friend,
    Message,
    NotDelivered,
    Presence,
    Receipt,
    Reset,
    StateChanged,
    Status,
)
from hubbub_client.terminal.desk.reactions import react
from hubbub_client.terminal.plain import phrases
from hubbub_client.terminal.plain.talk import Talk


async def listen(talk: Talk) -> None:
    """Show what happens until the client is closed. What has no row and is an entry is shown as it comes."""
    async for event in talk.client.events():
        talk.desk.me, opened = talk.me, talk.current
        react(talk.desk, event, talk.now_ms())
        row = REACTIONS.get(type(event))
        if row is not None:
            row(talk, event)
        elif isinstance(event, Entry):
            talk.show_new(event)
        if opened is not None and talk.current is None:
            talk.screen.say("* you are not in this chat any longer: /chats lists yours.")


def _on_message(talk: Talk, event: Message) -> None:
    talk.show_new(event)
    if event.chat == talk.current and event.sender != talk.me:
        talk.seen(event)


def _on_state(talk: Talk, event: StateChanged) -> None:
    if not talk.leaving:
        talk.screen.say(phrases.state_line(event, had_one=talk.connected_before))
    talk.connected_before = talk.connected_before or event.status is Status.CONNECTED
    talk.lost_before = talk.lost_before or event.retry_in_s is not None


def _on_caught_up(talk: Talk, event: CaughtUp) -> None:
    talk.screen.say(phrases.caught_up_line(event, first=not talk.caught_up_before and not talk.lost_before))
    talk.caught_up_before = True


def _on_chat(talk: Talk, event: ChatAdded) -> None:
    news = talk.greeted and not talk.expected(event.chat)
    if news and event.summary.peer is None and event.summary.role != "owner":
        talk.screen.say(f"* you are in {talk.label(event.chat)} now.  Type: /open {talk.label(event.chat)}")


def _on_reset(talk: Talk, event: Reset) -> None:
    talk.shown.pop(event.chat, None)


def _on_receipt(talk: Talk, event: Receipt) -> None:
    """In private chats: the other side has seen what this side said last."""
    summary = talk.client.known.get(event.chat)
    mine = talk.log(event.chat).newest(mine=True)
    if summary is None or summary.peer != event.user or mine is None:
        return
    if event.read >= mine.seq > talk.read_by.get(event.chat, 0):
        talk.read_by[event.chat] = mine.seq
        talk.screen.say(f"  ✓✓ {phrases.shown(event.user)} has read up to #{mine.seq}")


def _on_presence(talk: Talk, event: Presence) -> None:
    if any(summary.peer == event.user for summary in talk.client.known.values()):
        talk.screen.say(f"* {phrases.shown(event.user)} is {'online' if event.online else 'offline'}")


def _on_friend(talk: Talk, event: Friend) -> None:
    talk.screen.say(phrases.friend_line(event))


def _on_delivered(talk: Talk, event: Delivered) -> None:
    talk.screen.say(f"* a message that waited is sent: {talk.label(event.chat)} #{event.seq} ✓")


def _on_not_delivered(talk: Talk, event: NotDelivered) -> None:
    talk.screen.say(f"! a message that waited was refused ({event.code}): {phrases.shown(event.content)}")


REACTIONS: Mapping[type, Callable[[Talk, Any], None]] = {
    Message: _on_message,
    StateChanged: _on_state,
    CaughtUp: _on_caught_up,
    ChatAdded: _on_chat,
    Reset: _on_reset,
    Receipt: _on_receipt,
    Presence: _on_presence,
    Friend: _on_friend,
    Delivered: _on_delivered,
    NotDelivered: _on_not_delivered,
}
