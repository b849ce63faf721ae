"""Where a chat's log ends, as the database says."""

from typing import NamedTuple


class Head(NamedTuple):
    """`people`: the two of a visible private chat, nobody of a room (whose log says who joined)."""

    chat: str
    head: int
    rights_version: int
    people: tuple[str, ...]
