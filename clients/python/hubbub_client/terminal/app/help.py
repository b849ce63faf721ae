"""Every key, on one screen."""

from collections.abc import Mapping

from hubbub_client.terminal.desk.choices import Row, Sheet, fits, heading

KEYS: Mapping[str, Mapping[str, str]] = {
    "anywhere": {
        "F1": "this list",
        "Ctrl+K": "go to a chat, or find somebody or something by name",
        "F2": "people: friends, requests, blocks",
        "F3": "rooms: find, make, join",
        "F4": "this chat: members, invite, leave; moderation",
        "Ctrl+F": "search what was said",
        "Alt+↑ Alt+↓": "the chat above or below",
        "F5": "connect now",
        "Ctrl+T": "light or dark",
        "F9": "log out",
        "Ctrl+Q": "leave; what happens meanwhile is here when you come back",
    },
    "writing": {
        "Enter": "send",
        "Ctrl+J": "a line more (or Alt+Enter)",
        "↑": "change your last message, while nothing is written",
        "Esc": "put aside what you answer or change",
        "PgUp PgDn": "earlier and later messages",
        "Tab": "to the chats, to the messages, and back",
    },
    "messages": {
        "↑ ↓": "mark one",
        "Enter": "what can be done about it (or click it twice)",
        "r": "reply; or send again what was refused",
        "+": "react (a click on a reaction does as they did)",
        "e  d": "change it, erase it",
        "Home End": "the earliest that is here, the newest",
    },
}


def help_rows(query: str) -> list[Row]:
    """The keys as rows: all, or those that do what is asked for."""
    rows: list[Row] = []
    for where, keys in KEYS.items():
        found = [heading(f"  {key:<12} {what}") for key, what in keys.items() if fits(f"{key} {what}", query)]
        rows += [heading(where), *found] if found else []
    return rows


HELP = Sheet("help", "Keys", help_rows, "what you want to do")
