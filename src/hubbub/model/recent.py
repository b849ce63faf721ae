"""The end of a chat's log, kept aside of the database for those who ask for it next.

Everything that changes a transcript appends an entry in the same transaction, so the head of a chat counts its changes: a
window is the log as it is now while its head is the chat's, and of no use afterwards.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from hubbub.model.entries import Deleted, Edited, Entry, Message, Reacted, Reaction

Given = Mapping[int, Mapping[str, Sequence[str]]]
"""seq of a message → emoji → who gave it"""
_ALTERS_EARLIER = frozenset({Edited, Deleted, Reacted})


class Kept(Struct, frozen=True, gc=False):
    """An entry in present form for no reader in particular; `given` says who gave which emoji."""

    entry: Entry
    given: Mapping[str, Sequence[str]] = {}

    def shown_to(self, reader: str) -> Entry:
        """The entry in present form for `reader`."""
        if not self.given or not isinstance(self.entry, Message):
            return self.entry
        reactions = {
            emoji: Reaction(count=len(users), mine=reader in users) for emoji, users in self.given.items()
        }
        return replace(self.entry, reactions=reactions)


class Window(Struct, frozen=True):
    """The last entries up to `head`, rising, without a hole between them."""

    head: int
    kept: Sequence[Kept] = ()

    @property
    def first(self) -> int:
        """The seq of the first one."""
        return self.head + 1 - len(self.kept)

    def before(self, seq: int, limit: int, reader: str) -> list[Entry] | None:
        """As model.ports.Log.before; None where that reaches further back."""
        end = max(0, min(seq, self.head + 1) - self.first)
        if end < limit and self.first > 1:
            return None
        return [each.shown_to(reader) for each in self.kept[max(0, end - limit) : end]]

    def after(self, seq: int, limit: int, reader: str) -> list[Entry] | None:
        """As model.ports.Log.after; None where that begins further back."""
        start = seq + 1 - self.first
        if start < 0 and self.first > 1:
            return None
        return [each.shown_to(reader) for each in self.kept[max(0, start) :][:limit]]


MISSING = Window(head=-1)


def continues(entries: Sequence[Entry]) -> bool:
    """Whether a window that ends before the first of these is still true, and goes on with them."""
    has_no_hole = entries[-1].seq - entries[0].seq == len(entries) - 1
    return has_no_hole and not any(type(entry) in _ALTERS_EARLIER for entry in entries)
