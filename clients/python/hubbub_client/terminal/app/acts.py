"""What the keys of the transcript do about a message, marked or clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub_client.terminal.desk.chat import Chat
from hubbub_client.terminal.desk.choices import Choice, Sheet
from hubbub_client.terminal.desk.items import Key
from hubbub_client.terminal.desk.message_rows import delete, may_delete, message_rows

if TYPE_CHECKING:
    from hubbub_client.terminal.app.chat_app import HubbubApp


def act(app: HubbubApp, chat: Chat, key: Key, deed: str, emoji: str) -> None:
    """Do it, if it can be done about this one."""
    kind, name = key
    if kind == "pending":
        _about_pending(app, chat, str(name), deed)
    elif kind == "entry":
        _about_message(app, chat, int(name), deed, emoji)


def _about_pending(app: HubbubApp, chat: Chat, msg_id: str, deed: str) -> None:
    """What was refused is sent again, or comes back to be written otherwise."""
    if deed in ("reply", "menu"):
        app.deeds.again(chat, msg_id)
    elif deed == "delete" and (text := app.deeds.give_up(chat, msg_id)):
        app.writer.put(text)
        app.writer.focus()


def _about_message(app: HubbubApp, chat: Chat, seq: int, deed: str, emoji: str) -> None:
    message = chat.log.message(seq)
    if message is None or message.deleted:
        return
    match deed:
        case "menu":
            app.show_sheet(Sheet("message", "This message", lambda _: message_rows(chat, seq, app.desk.me)))
        case "reply":
            app.writer.reply(seq)
        case "edit":
            app.writer.change(seq)
        case "react":
            app.do(Choice("", "", "react_how", (chat.id, seq)))
        case "emoji":
            app.do(Choice("", "", "react", (chat.id, seq, emoji)))
        case "delete" if may_delete(chat, message, app.desk.me):
            app.do(delete(chat, seq))
