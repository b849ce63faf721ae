"""A gap is read once for all who listen to a chat; only `mine` of a reaction differs between them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from hubbub.model.entries import Entry, Message, Reacted, Reaction
from hubbub.model.recent import Given

Forms: TypeAlias = Mapping[int, Mapping[str, Message]]
"""seq → user → the message as this user reads it"""
NOBODYS: Forms = {}
NOTHING: Given = {}


def reacted_later(entries: Sequence[Entry]) -> list[int]:
    """Messages in present form that somebody reacted to, or reacts no more, behind the last of `entries`."""
    last = entries[-1].seq if entries else 0
    messages = (entry for entry in entries if type(entry) is Message and entry.reactions)
    return [each.seq for each in messages if (each.as_of or 0) > last]


def own_forms(entries: Sequence[Entry], given: Given = NOTHING) -> Forms:
    """Of messages in present form, what users read who reacted to them.

    The reactions stand behind them in `entries`, but for messages in `given`, which says who gave them.
    """
    marks: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for entry in entries:
        if type(entry) is Reacted and entry.target not in given:
            of_message = marks[entry.target]
            (of_message.add if entry.on else of_message.discard)((entry.sender, entry.emoji))
    for seq, emojis in given.items():
        marks[seq] = {(user, emoji) for emoji, users in emojis.items() for user in users}
    messages = (entry for entry in entries if type(entry) is Message and entry.reactions)
    return {each.seq: _forms(each, marks[each.seq]) for each in messages if each.seq in marks}


def _forms(message: Message, marks: set[tuple[str, str]]) -> dict[str, Message]:
    forms: dict[str, Message] = {}
    shared = message.reactions or {}
    for user, emoji in marks:
        if emoji in shared:
            form = forms.get(user, message)
            mine = {emoji: Reaction(count=shared[emoji].count, mine=True)}
            forms[user] = replace(form, reactions=(form.reactions or {}) | mine)
    return forms
