"""Windows of recent history in memory."""

from collections.abc import Mapping, Sequence

from hubbub.model.entries import Entry
from hubbub.model.recent import MISSING, Kept, Window, continues


class MemoryWindows:
    """Implements model.ports.Windows; `is_away` makes it give no answers."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._windows: dict[str, Window] = {}
        self.is_away = False

    async def get(self, chat: str) -> Window | None:
        """The window as it is kept."""
        if self.is_away:
            return None
        window = self._windows.get(chat, MISSING)
        return window if window.kept else MISSING

    async def fill(self, chat: str, window: Window) -> None:
        """Keep it, unless what is kept is newer."""
        if not self.is_away and window.head >= self._windows.get(chat, MISSING).head:
            self._windows[chat] = Window(window.head, window.kept[-self._size :])

    async def advance(self, chats: Mapping[str, Sequence[Entry]]) -> None:
        """Windows go on with these, or end."""
        for chat, entries in chats.items():
            held = self._windows.get(chat, MISSING)
            goes_on = continues(entries)
            if goes_on and held.kept and held.head == entries[0].seq - 1:
                new = [Kept(entry) for entry in entries]
                await self.fill(chat, Window(entries[-1].seq, [*held.kept, *new]))
            elif not goes_on or (held is not MISSING and held.head < entries[-1].seq):
                await self.fill(chat, Window(entries[-1].seq))
