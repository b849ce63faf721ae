"""What can be done about one message. Pure."""

from hubbub_client.events import Message
from hubbub_client.terminal.desk.chat import Chat
from hubbub_client.terminal.desk.choices import Choice, Row
from hubbub_client.terminal.desk.room_rows import RANKS

EMOJI = ("👍", "❤", "😂", "🎉", "😮", "😢", "🙏", "👀", "✅", "🚀")


def message_rows(chat: Chat, seq: int, me: str) -> list[Row]:
    """Answer, react, change, erase: as far as this user may."""
    message = chat.log.message(seq)
    if message is None or message.deleted:
        return []
    where = (chat.id, seq)
    rows = [
        Row("reply", "Reply", (Choice("enter", "reply", "reply", where),), "r"),
        Row("react", "React", (Choice("enter", "react", "react_how", where),), "+"),
    ]
    if message.sender == me:
        rows.append(Row("edit", "Edit", (Choice("enter", "edit", "edit", where),), "e"))
    if may_delete(chat, message, me):
        rows.append(Row("delete", "Delete for everybody", (delete(chat, seq),), "d"))
    return rows


def may_delete(chat: Chat, message: Message, me: str) -> bool:
    """One's own, and in a room any message if one is admin or owner."""
    return message.sender == me or (chat.peer is None and RANKS.get(chat.role, 0) > 0)


def delete(chat: Chat, seq: int) -> Choice:
    """To erase a message."""
    return Choice("enter", "delete", "delete", (chat.id, seq), "Erase this message for everybody?")


def emoji_rows(chat: Chat, seq: int, query: str) -> list[Row]:
    """Reactions that are there, the usual ones, and whatever is typed."""
    message = chat.log.message(seq)
    there = {} if message is None else message.reactions
    offered = [query.strip()] if query.strip() else [*there, *(each for each in EMOJI if each not in there)]
    return [
        Row(
            emoji,
            emoji,
            (Choice("enter", "take back" if mine else "react", "react", (chat.id, seq, emoji)),),
            note=note,
        )
        for emoji in offered
        for mine in (emoji in there and there[emoji].mine,)
        for note in (f"{there[emoji].count}{', yours' if mine else ''}" if emoji in there else "",)
    ]
