"""The entries of one chat that are here: one run without holes, each as it is now. Pure."""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence

from hubbub_client.events import Entry, Member, Message, Renamed
from hubbub_client.transcript import Transcript

KEPT = 10_000
"""Entries kept of a chat: some 5 MB, and a day of reading. Beyond it, what is oldest goes and may be fetched again."""

Shown = Message | Member | Renamed


class Log:
    """What is here of a chat. `first` and `last`: the seqs it reaches, none and 0 while it is empty."""

    def __init__(self, me: str, kept: int = KEPT) -> None:
        self._transcript = Transcript(me, kept)
        self._notices: dict[int, Member | Renamed] = {}
        self._seqs: list[int] = []
        self._kept = kept
        self.first: int | None = None
        self.last = 0
        self.whole = False
        """Nothing older exists."""

    def __getitem__(self, seq: int) -> Shown | None:
        """A message as it is now, or a notice; none if it is not here."""
        return self._transcript[seq] or self._notices.get(seq)

    def __iter__(self) -> Iterator[Shown]:
        """What is shown, from the oldest on."""
        return (shown for seq in self._seqs if (shown := self[seq]) is not None)

    def __len__(self) -> int:
        """How many entries are shown."""
        return len(self._seqs)

    @property
    def full(self) -> bool:
        """No room for older ones."""
        return len(self._seqs) >= self._kept

    def message(self, seq: int | None) -> Message | None:
        """A message as it is now."""
        return None if seq is None else self._transcript[seq]

    def newest(self, *, mine: bool | None = None) -> Message | None:
        """The newest message that is not deleted, of this user or of others if `mine` says so."""
        return self._transcript.last(mine=mine)

    def add(self, entry: Entry) -> Message | None:
        """An entry at the end; the message that it made or changed. One that is here already changes nothing."""
        changed = self._take(entry)
        self.first = entry.seq if self.first is None else min(self.first, entry.seq)
        self.last = max(self.last, entry.seq)
        while len(self._seqs) > self._kept:
            self._drop_oldest()
        return changed

    def meets(self, entries: Sequence[Entry]) -> bool:
        """Whether a piece of history and this run make one without a hole."""
        return self.first is None or not entries or entries[0].seq <= self.first <= entries[-1].seq + 1

    def add_page(self, entries: Iterable[Entry], *, more: bool) -> None:
        """A piece of history that ends where this run begins, or the newest if nothing is here."""
        for entry in entries:
            self._take(entry)
            self.first = entry.seq if self.first is None else min(self.first, entry.seq)
            self.last = max(self.last, entry.seq)
        self.whole = not more

    def clear(self) -> None:
        """Drop everything, as a Reset asks for."""
        self._transcript.clear()
        self._notices.clear()
        self._seqs.clear()
        self.first, self.last, self.whole = None, 0, False

    def _take(self, entry: Entry) -> Message | None:
        known = self[entry.seq] is not None
        if isinstance(entry, Member | Renamed):
            self._notices[entry.seq] = entry
        changed = self._transcript.apply(entry)
        if not known and isinstance(entry, Message | Member | Renamed):
            insort(self._seqs, entry.seq)
        return changed

    def _drop_oldest(self) -> None:
        seq = self._seqs.pop(0)
        self._transcript.drop(seq)
        self._notices.pop(seq, None)
        self.first, self.whole = self._seqs[0], False
