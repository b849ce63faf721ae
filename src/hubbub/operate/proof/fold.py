"""What a chat's log says when it is read from the beginning: the second opinion on every present form.

Messages are folded from what their authors asked for (not from what the server stored of it) and from the changes that
stand in the log.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from hubbub.operate.proof.history import MAKES, REMOVALS, Entry, Envelope, Key

CHANGES = frozenset({"edited", "deleted", "reacted"})
Mark = tuple[str, str]
"""(emoji, user)"""


def is_made_by(user: str, request: Envelope, entry: Entry) -> bool:
    """Whether this entry is what the request asks for. An erased edit has lost its content."""
    kind = MAKES.get(request["type"])
    if entry["type"] != kind or entry["from"] != user:
        return False
    if kind == "message":
        return bool(entry["msg_id"] == request["msg_id"])
    if kind == "member":
        change = {"join": "joined", "leave": "left", "kick": "kicked"}[request["type"]]
        return (entry["user"], entry["change"]) == (request.get("user", user), change)
    if kind == "renamed":
        return bool(entry["name"] == request["name"])
    if entry["target"] != request["seq"]:
        return False
    if kind == "edited":
        return entry.get("content") in (None, request["content"])
    return kind == "deleted" or (entry["emoji"], entry["on"]) == (request["emoji"], request["on"])


class Fold:
    """One chat. `asked` and `writes` tell what an entry's author asked for."""

    def __init__(
        self,
        chat: str,
        log: Sequence[Entry],
        asked: Mapping[Key, Envelope],
        writes: Mapping[Key, tuple[str, int]],
    ) -> None:
        self.chat = chat
        self.head = len(log)
        self.entries: dict[int, Entry] = {entry["seq"]: entry for entry in log}
        self.changes: dict[int, list[Entry]] = defaultdict(list)
        self.memberships: dict[str, list[tuple[int, bool]]] = defaultdict(list)
        self.origins: dict[int, tuple[Key, Envelope]] = {}
        self.claims: dict[int, list[Key]] = defaultdict(
            list
        )  # more than one where a change was asked for twice
        for entry in log:
            if entry["type"] in CHANGES:
                self.changes[entry["target"]].append(entry)
            elif entry["type"] == "member" and entry["change"] in REMOVALS | {"joined"}:
                self.memberships[entry["user"]].append((entry["seq"], entry["change"] == "joined"))
        for key, (where, seq) in writes.items():
            entry = self.entries.get(seq, {"type": None})
            if where == chat and key in asked and is_made_by(key[0], asked[key], entry):
                self.origins[seq] = (key, asked[key])
                self.claims[seq].append(key)

    def asked_content(self, seq: int) -> str | None:
        """The content its author asked for, of a message or an edit; None if nobody of ours did."""
        origin = self.origins.get(seq)
        return None if origin is None else origin[1].get("content")

    def is_in(self, user: str, seq: int) -> bool:
        """Whether the user is a member after entry `seq`. Who may write in a private chat is in it."""
        state = not self.memberships
        for at, joined in self.memberships.get(user, ()):
            if at > seq:
                break
            state = joined
        return state

    def may_hear(self, user: str, seq: int) -> bool:
        """Whether the user is told of entry `seq`: its members are, and the one who goes by it."""
        return self.is_in(user, seq) or self.is_in(user, seq - 1)

    def was_ever_out(self, user: str) -> bool:
        """Whether the user ever was no member after having been one."""
        return any(not joined for _, joined in self.memberships.get(user, ()))

    def comes_later(self, user: str, seq: int) -> bool:
        """Whether the user joins after `seq`."""
        return any(joined and at > seq for at, joined in self.memberships.get(user, ()))

    def is_erased(self, target: int) -> bool:
        """Whether the message is deleted in the end."""
        return any(change["type"] == "deleted" for change in self.changes[target])

    def marks(self, target: int, upto: int) -> set[Mark]:
        """Who reacted with what, as of `upto`."""
        found: set[Mark] = set()
        for change in self._until(target, upto):
            mark = (change.get("emoji", ""), change["from"])
            if change["type"] == "deleted":
                found.clear()
            elif change["type"] == "reacted":
                (found.add if change["on"] else found.discard)(mark)
        return found

    def _until(self, target: int, upto: int) -> Iterator[Entry]:
        return (change for change in self.changes[target] if change["seq"] <= upto)

    def present(self, seq: int, upto: int, reader: str | None) -> Entry:
        """The message's present form with the changes up to `upto`. Without a reader: without reactions."""
        form: Entry = {"content": self.asked_content(seq), "edited": None, "deleted": False, "as_of": None}
        for change in self._until(seq, upto):
            form["as_of"] = change["seq"]
            if change["type"] == "edited":
                form |= {"content": self.asked_content(change["seq"]), "edited": change["seq"]}
            elif change["type"] == "deleted":
                form |= {"content": None, "edited": None, "deleted": True}
        if reader is not None:
            form["reactions"] = _counted(self.marks(seq, upto), reader)
        return form

    def is_so(self, user: str, request: Envelope, seq: int) -> bool:
        """Whether what is asked for was already so at `seq`: then `done` makes no entry."""
        kind = request["type"]
        if kind in {"join", "leave", "kick"}:
            return self.is_in(request.get("user", user), seq) == bool(kind == "join")
        if kind == "react":
            return ((request["emoji"], user) in self.marks(request["seq"], seq)) == bool(request["on"])
        if kind not in {"edit", "delete"}:
            return False
        form = self.present(request["seq"], seq, None)
        return bool(form["deleted"] if kind == "delete" else form["content"] == request["content"])

    def idle_changes(self) -> Iterator[Entry]:
        """Entries that change nothing: what a repeated request leaves if it is executed twice."""
        members: set[str] = set()
        for seq, entry in self.entries.items():
            if entry["type"] == "member" and entry["change"] in REMOVALS | {"joined"}:
                joined = entry["change"] == "joined"
                if (entry["user"] in members) == joined:
                    yield entry
                (members.add if joined else members.discard)(entry["user"])
            elif entry["type"] in CHANGES and self._is_idle(entry, seq - 1):
                yield entry

    def _is_idle(self, entry: Entry, before: int) -> bool:
        if entry["type"] == "reacted":
            mark = (entry["emoji"], entry["from"])
            return (mark in self.marks(entry["target"], before)) == bool(entry["on"])
        form = self.present(entry["target"], before, None)
        if entry["type"] == "deleted" or form["deleted"]:
            return bool(form["deleted"])
        return bool(form["content"] == self.asked_content(entry["seq"]))


def _counted(marks: set[Mark], reader: str) -> dict[str, dict[str, int]] | None:
    counted = {
        emoji: {"count": sum(each == emoji for each, _ in marks), "mine": (emoji, reader) in marks}
        for emoji, _ in marks
    }
    return counted or None
