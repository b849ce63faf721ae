"""Where one can go: the chats, by name, and what was said in them. Pure."""

from hubbub_client.terminal.desk.chat import Chat
from hubbub_client.terminal.desk.choices import Choice, Row, fits, heading
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.safe_text import cut, one_line
from hubbub_client.terminal.wording import clock

FOUND_MAX = 50
"""What a search shows: more than a person looks through; a longer query finds fewer."""

EXCERPT = 200


def dot(desk: Desk, chat: Chat) -> str:
    """What stands before a chat: whether somebody is there, or that it is a room."""
    if chat.peer is None:
        return "#"
    return "●" if desk.people.online(chat.peer) else "○"


def chat_row(desk: Desk, chat: Chat) -> Row:
    """A chat, with what is unread in it: `@` before the number if somebody spoke to this user."""
    count = str(chat.unread) if chat.unread < 1000 else "999+"
    note = ("@" if chat.mentions else "") + count if chat.unread else ""
    name = one_line(chat.peer or chat.summary.name)
    return Row(
        chat.id,
        name,
        (Choice("enter", "open", "open", (chat.id,)),),
        dot(desk, chat),
        note,
        bool(chat.unread),
    )


def chat_rows(desk: Desk) -> list[Row]:
    """All chats, those where something happened last first."""
    return [chat_row(desk, chat) for chat in desk.by_activity()]


def switch_rows(desk: Desk, query: str) -> list[Row]:
    """Chats whose name fits; and what else one may mean by a name that no chat has."""
    rows = [chat_row(desk, chat) for chat in desk.by_activity() if fits(chat.label, query)]
    rows.sort(key=lambda row: not row.text.casefold().startswith(query.casefold().lstrip("@#")))
    name = query.strip().lstrip("@#")
    if not name:
        return rows
    return [
        *rows,
        heading("not here?"),
        Row("find", f"Look for “{name}” in what was said", (Choice("enter", "search", "search", (name,)),)),
        Row("rooms", f"Look for a public room “{name}”", (Choice("enter", "look", "rooms", (name,)),)),
        Row("ask", f"Ask @{name} to be friends", (Choice("enter", "ask", "befriend", (name,)),)),
    ]


def search_rows(desk: Desk, query: str, now_ms: int) -> list[Row]:
    """Messages that are here and hold every word, the newest first."""
    if not query.strip():
        return [heading("type what you look for, in what was fetched so far of every chat")]
    found: list[tuple[int, Row]] = []
    for chat in desk.chats.values():
        for seq in _matching(desk, chat, query):
            message = chat.log.message(seq)
            if message is not None:
                note = f"{chat.label} {clock(message.ts, now_ms)}"
                text = f"{one_line(message.sender)}: {cut(message.content or '', EXCERPT)}"
                choice = Choice("enter", "go there", "show", (chat.id, seq))
                found.append((message.ts, Row(f"{chat.id} {seq}", text, (choice,), note=note)))
    found.sort(key=lambda each: -each[0])
    return [row for _, row in found[:FOUND_MAX]] or [heading("nothing; earlier messages come with PgUp")]


def _matching(desk: Desk, chat: Chat, query: str) -> list[int]:
    return [
        shown.seq
        for shown in chat.log
        if (content := getattr(shown, "content", None)) and fits(content, query)
        if getattr(shown, "sender", "") not in desk.people.blocked
    ]
