"""A gap is read once for all who listen to a chat; only `mine` of a reaction differs between them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from hubbub.model.entries import Entry, Message, Reacted, Reaction

Forms: TypeAlias = Mapping[int, Mapping[str, Message]]
"""seq → user → the message as this user reads it"""
NOBODYS: Forms = {}


def own_forms(entries: Sequence[Entry]) -> Forms:
    """Of messages in present form, what users read who reacted to them. The reactions stand behind them in `entries`."""
    marks: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for entry in entries:
        if type(entry) is Reacted:
            of_message = marks[entry.target]
            (of_message.add if entry.on else of_message.discard)((entry.sender, entry.emoji))
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
