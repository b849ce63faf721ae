"""What one client was told is a contiguous run of each chat's log, as it was asked for (protocol.md §3.3, §3.4, §3.7, §3.8).

A chat is open on a connection from the welcome, or from its `chat` push, until the entry that removes the user. While it
is open, entries come with seq rising by one; a `resync` may announce a hole, and must tell the truth.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from hubbub.operate.proof.fold import Fold
from hubbub.operate.proof.history import (
    ENTRY_TYPES,
    REMOVALS,
    Entry,
    Envelope,
    Figures,
    Record,
    Violation,
    Witness,
)

SAME = {
    "message": ("from", "msg_id", "msg_type", "to", "reply_to"),
    "edited": ("from", "target"),
    "deleted": ("from", "target"),
    "reacted": ("from", "target", "emoji", "on"),
    "member": ("from", "user", "change", "until", "role"),
    "renamed": ("from", "name"),
}
Folds = Mapping[str, Fold]


class View:
    """One witness, judged record by record; `violations` is what was wrong."""

    def __init__(self, witness: Witness, folds: Folds, figures: Figures) -> None:
        self.user = witness.user
        self.name = witness.name
        self.folds = folds
        self.figures = figures
        self.violations: list[Violation] = []
        self.seen: dict[str, set[int]] = defaultdict(set)
        self.starts: dict[str, int] = {}
        self._hello: Envelope = {}
        self._epoch = ""
        self._heads: dict[str, int] = {}
        self._position: dict[str, int] = {}
        self._told: dict[str, int] = defaultdict(int)
        self._pushed: dict[str, set[int]] = {}
        self._closed: set[str] = set()
        self._open: dict[int, tuple[Envelope, int]] = {}
        self._asked_once: set[str] = set()
        self._fresh: dict[int, str] = {}
        self._welcomed = False

    def judge(self, promise: str, seen: str) -> None:
        """Something was wrong."""
        self.violations.append(Violation(promise, f"{self.name}: {seen}"))

    # ── one connection ──────────────────────────────────────────────────────────────────────────────────────────

    def follow(self, records: list[Record]) -> None:
        """All of one connection."""
        self._position, self._pushed, self._closed = {}, defaultdict(set), set()
        self._open, self._fresh, self._welcomed = {}, {}, False
        for record in records:
            if record.way == "sent":
                self._asked(record.envelope)
            elif record.way == "got":
                self._got(record.envelope)

    def _asked(self, request: Envelope) -> None:
        if request["type"] == "hello":
            self._hello = request
        told = self._told[request["chat"]] if request["type"] == "history" else 0
        self._open[request["id"]] = request, told
        msg_id = request.get("msg_id")
        if msg_id is not None and msg_id not in self._asked_once:
            self._asked_once.add(msg_id)
            self._fresh[request["id"]] = msg_id

    def _got(self, envelope: Envelope) -> None:
        kind = envelope["type"]
        request, told = self._open.pop(envelope["id"], ({}, 0)) if "id" in envelope else ({}, 0)
        if kind == "welcome":
            self._welcome(envelope)
        elif kind == "page":
            self._page(request, told, envelope)
        elif "id" in envelope:
            if "seq" in envelope and "chat" in envelope:
                self._tell(envelope["chat"], envelope["seq"])
        elif not self._welcomed and kind not in {"bye", "error"}:
            self.judge("order", f"{kind} before welcome")
        elif kind in ENTRY_TYPES:
            self._push(envelope)
        elif kind == "chat":
            self._came(envelope["chat"], envelope["head"])
        elif kind == "resync" and "chat" in envelope:
            self._resync(envelope)

    def _tell(self, chat: str, seq: int) -> None:
        self._told[chat] = max(self._told[chat], seq)

    def _came(self, chat: str, head: int) -> None:
        self._position[chat] = head
        self._closed.discard(chat)
        self.starts.setdefault(chat, head)
        self._tell(chat, head)

    def _welcome(self, welcome: Envelope) -> None:
        self._welcomed = True
        self._epoch = welcome["epoch"]
        cursors: dict[str, int] = self._hello.get("cursors", {})
        heads = {each["chat"]: each["head"] for each in welcome["chats"]} | welcome.get("heads", {})
        self._heads = heads
        for chat in welcome.get("gone", ()):
            self._closed.add(chat)
            fold = self.folds.get(chat)
            if fold is not None and self._never_left(fold):
                self.judge("resync", f"{chat} is called gone, and never was")
        for chat in (heads | cursors).keys() - set(welcome.get("gone", ())):
            self._came(chat, cursors.get(chat, heads.get(chat, 0)))

    def _never_left(self, fold: Fold) -> bool:
        """As far as can be known: what was joined on the log of another epoch may be lost with it, and joined again later."""
        same_log = self._hello.get("epoch") == self._epoch
        return same_log and fold.is_in(self.user, fold.head) and not fold.was_ever_out(self.user)

    # ── what is pushed ──────────────────────────────────────────────────────────────────────────────────────────

    def _push(self, entry: Entry) -> None:
        chat, seq = entry["chat"], entry["seq"]
        self.figures.pushes += 1
        self.figures.replayed += seq <= self._heads.get(chat, 0)
        if chat in self._position and self._is_in_place(chat, seq):
            self._position[chat] = seq
        elif chat not in self._position:
            removed = "is gone" if chat in self._closed else "never came"
            self.judge("removed", f"{chat} {seq} was pushed, but the chat {removed}")
        self._pushed[chat].add(seq)
        self._compare(entry)
        self._check_right(chat, seq)
        self._check_replied_first(entry)
        if self._removes(entry):
            self._position.pop(chat, None)
            self._closed.add(chat)

    def _removes(self, entry: Entry) -> bool:
        """Up to the head in the welcome, which says that the user is in the chat, a removal is history: they came back."""
        theirs = entry["type"] == "member" and entry["user"] == self.user and entry["change"] in REMOVALS
        return theirs and int(entry["seq"]) > self._heads.get(entry["chat"], 0)

    def _is_in_place(self, chat: str, seq: int) -> bool:
        position = self._position[chat]
        if seq in self._pushed[chat]:
            self.judge("duplicate", f"{chat} {seq} was pushed twice on one connection")
        elif seq <= position:
            self.judge("inversion", f"{chat} {seq} was pushed after {position}")
        elif seq > position + 1:
            self.judge("hole", f"{chat} {seq} was pushed after {position}, and no resync between")
        return seq > position

    def _check_right(self, chat: str, seq: int) -> None:
        fold = self.folds.get(chat)
        if fold is not None and not fold.may_hear(self.user, seq) and not fold.comes_later(self.user, seq):
            self.judge(
                "removed", f"{chat} {seq} was pushed to somebody who was no member and never became one"
            )

    def _check_replied_first(self, entry: Entry) -> None:
        """A retry may be overtaken by the push: it did not make the entry."""
        fold = self.folds.get(entry["chat"])
        claims = fold.claims.get(entry["seq"], ()) if fold is not None else ()
        open_ = {(self.user, self._fresh[number]) for number in self._open if number in self._fresh}
        if claims and open_.issuperset(claims):
            self.judge("order", f"{entry['chat']} {entry['seq']} was pushed before its request was answered")

    def _resync(self, resync: Envelope) -> None:
        chat, after, following = resync["chat"], resync["after"], resync["next"]
        self.figures.resyncs += 1
        position = self._position.get(chat)
        fold = self.folds.get(chat)
        head = fold.head if fold is not None else 0
        if resync.get("reset"):
            cursor = self._hello.get("cursors", {}).get(chat, 0)
            if cursor <= head and self._hello.get("epoch", self._epoch) == self._epoch:
                self.judge("resync", f"{resync}: told to drop what was right")
            self._told[chat] = 0  # of a log that is no more
        elif position is None or after != position:
            self.judge("resync", f"{resync}: but the client is at {position}")
        elif not after + 1 < following <= head + 1:
            self.judge("resync", f"{resync}: there is no such hole, the log ends at {head}")
        self._position[chat] = following - 1
        self._tell(chat, following - 1)

    # ── what is read ────────────────────────────────────────────────────────────────────────────────────────────

    def _page(self, request: Envelope, told: int, page: Envelope) -> None:
        """A page is a contiguous run from where it was asked, and has all that its reader was told of (§3.8)."""
        self.figures.pages += 1
        seqs = [entry["seq"] for entry in page["entries"]]
        for entry in page["entries"]:
            self._compare(entry)
        if "after" in request:
            first, last = request["after"] + 1, max(seqs, default=request["after"])
            if seqs != list(range(first, last + 1)):
                self.judge("hole", f"history after {request['after']} of {page['chat']} gave {seqs}")
            if not page["more"] and last < told:
                self.judge(
                    "unread", f"history of {page['chat']} ends at {last}, its reader was told of {told}"
                )

    def _compare(self, entry: Entry) -> None:
        chat, seq = entry["chat"], entry["seq"]
        self.seen[chat].add(seq)
        self._tell(chat, seq)
        stored = self.folds[chat].entries.get(seq) if chat in self.folds else None
        if stored is None:
            self.judge("lost", f"{chat} {seq} was seen, and is not stored")
        elif not self._is_same(entry, stored):
            self.judge("content", f"{entry} was seen, {stored} is stored")

    def _is_same(self, entry: Entry, stored: Entry) -> bool:
        if entry["type"] != stored["type"] or any(
            entry.get(name) != stored.get(name) for name in SAME[entry["type"]]
        ):
            return False
        fold, seq = self.folds[entry["chat"]], int(entry["seq"])
        if entry["type"] == "message":
            upto: int = entry.get("as_of", seq)
            form = fold.present(seq, upto, self.user)
            return form == {name: entry.get(name, _ABSENT.get(name)) for name in form}
        if entry["type"] == "edited":
            return self._edit_is_same(entry, fold)
        return True

    def _edit_is_same(self, entry: Entry, fold: Fold) -> bool:
        if entry.get("deleted"):
            return entry.get("content") is None and fold.is_erased(entry["target"])
        return bool(entry.get("content") == fold.asked_content(entry["seq"]))

    # ── in the end ──────────────────────────────────────────────────────────────────────────────────────────────

    def end(self) -> None:
        """Everything from the first entry the client was to hear of to the head was seen, and the flow is at it."""
        for chat, fold in self.folds.items():
            if not fold.is_in(self.user, fold.head) or chat not in self.starts:
                continue
            if self._position.get(chat) != fold.head:
                self.judge("behind", f"{chat}: at {self._position.get(chat)}, the log ends at {fold.head}")
            missing = set(range(1, fold.head + 1)) - self.seen[chat]
            if missing:
                self.judge("hole", f"{chat}: never saw {sorted(missing)[:5]} …")


_ABSENT: dict[str, Any] = {"deleted": False}


def check_view(witness: Witness, folds: Folds, figures: Figures) -> Iterator[Violation]:
    """All of a witness's connections, then where it stands; who stays has read every chat it is in, whole."""
    view = View(witness, folds, figures)
    for records in witness.connections():
        view.follow(records)
    if witness.stays:
        view.end()
    yield from view.violations
