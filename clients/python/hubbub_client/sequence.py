"""Order without holes, per chat (protocol.md §3.3, §3.4). Pure: what arrived in, what to do out.

An entry is passed on only if its seq is the cursor's plus one. A lower one is a duplicate and dropped; a higher one is
held back while history fills the gap. A hole that cannot be filled is announced, never skipped in silence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hubbub_client.wire.entries import Entry

HELD_MAX = 1_000
"""Entries held back per chat while a gap is filled: twice what a server replays per chat (500). Beyond it they are
dropped and come with history later, because the chat's target is remembered."""

CATCH_UP_MAX = 10_000
"""Entries fetched by history after a resync: 34 pages of 300. A chat further behind starts anew near its head, which
is announced with StartAnew; older entries are a matter for the application's scrolling."""


@dataclass(frozen=True, slots=True)
class PassOn:
    """This entry is the next one."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for history after the chat's cursor. `tries`: how often in a row that brought nothing."""

    chat: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class StartAnew:
    """What the application holds of this chat is void; the next entry passed on is `after` + 1."""

    chat: str
    after: int


Action = PassOn | Fetch | StartAnew


@dataclass(slots=True)
class _Chat:
    cursor: int
    target: int = 0
    fetching: bool = False
    tries: int = 0
    held: dict[int, Entry] = field(default_factory=dict)


class Sequencer:
    """The cursors of one user. Invariant: what was passed on of a chat since its start is a contiguous run."""

    def __init__(self, cursors: Mapping[str, int] = {}) -> None:
        self._chats = {chat: _Chat(seq) for chat, seq in cursors.items()}

    def cursors(self) -> dict[str, int]:
        """The last seq passed on, by chat."""
        return {chat: state.cursor for chat, state in self._chats.items()}

    def cursor(self, chat: str) -> int | None:
        """The last seq passed on, none for a chat that is not followed."""
        state = self._chats.get(chat)
        return None if state is None else state.cursor

    def follow(self, chat: str, head: int) -> list[Action]:
        """A chat is visible: a new one starts after `head`; one that is followed and behind catches up."""
        state = self._chats.setdefault(chat, _Chat(head))
        return self._aim(chat, state, head)

    def void(self) -> list[Action]:
        """Positions mean nothing any longer: every chat starts from its first entry."""
        self._chats = {chat: _Chat(0) for chat in self._chats}
        return [StartAnew(chat, 0) for chat in self._chats]

    def forget(self, chat: str) -> None:
        """The chat is not this user's any longer."""
        self._chats.pop(chat, None)

    def entry(self, entry: Entry) -> list[Action]:
        """An entry was pushed. A chat nobody announced starts with it."""
        state = self._chats.setdefault(entry.chat, _Chat(entry.seq - 1))
        self._hold(state, entry)
        return self._release(entry.chat, state, entry.seq)

    def noted(self, chat: str, seq: int) -> list[Action]:
        """An entry was pushed and could not be kept: history brings it later."""
        return self._aim(chat, self._chats.setdefault(chat, _Chat(seq - 1)), seq)

    def resync(self, chat: str, after: int, next_seq: int, *, reset: bool) -> list[Action]:
        """Entries `after`+1 ... `next_seq`-1 were not pushed."""
        state = self._chats.get(chat)
        actions: list[Action] = []
        if reset or state is None:
            state = self._chats[chat] = _Chat(after)
            actions.append(StartAnew(chat, after))
        if next_seq - 1 - state.cursor > CATCH_UP_MAX:
            state.cursor = next_seq - 1 - CATCH_UP_MAX
            state.held = {seq: entry for seq, entry in state.held.items() if seq > state.cursor}
            actions = [StartAnew(chat, state.cursor)]
        return actions + self._release(chat, state, next_seq - 1)

    def page(self, chat: str, entries: Iterable[Entry]) -> list[Action]:
        """History after the cursor arrived."""
        state = self._chats.get(chat)
        if state is None or not state.fetching:
            return []
        state.fetching = False
        before = state.cursor
        for entry in entries:
            self._hold(state, entry)
        actions: list[Action] = list(self._drain(state))
        state.tries = 0 if state.cursor > before else state.tries + 1
        return actions + self._aim(chat, state, state.cursor)

    def fetch_failed(self, chat: str) -> list[Action]:
        """History could not be had just now."""
        return self.page(chat, ())

    def disconnected(self) -> None:
        """The connection is gone: what was held or fetched comes again, by replay from the cursors."""
        for state in self._chats.values():
            state.held.clear()
            state.fetching, state.tries, state.target = False, 0, state.cursor

    def _release(self, chat: str, state: _Chat, known: int) -> list[Action]:
        return [*self._drain(state), *self._aim(chat, state, known)]

    def _hold(self, state: _Chat, entry: Entry) -> None:
        if entry.seq > state.cursor and (len(state.held) < HELD_MAX or entry.seq == state.cursor + 1):
            state.held[entry.seq] = entry
        state.target = max(state.target, entry.seq)

    def _drain(self, state: _Chat) -> Iterable[PassOn]:
        while (entry := state.held.pop(state.cursor + 1, None)) is not None:
            state.cursor += 1
            yield PassOn(entry)

    def _aim(self, chat: str, state: _Chat, known: int) -> list[Action]:
        """Entries up to `known` exist: fetch them unless they are here or on their way."""
        state.target = max(state.target, known)
        if state.cursor >= state.target or state.fetching:
            return []
        state.fetching = True
        return [Fetch(chat, state.tries)]
