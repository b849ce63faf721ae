"""Acknowledged is stored, stored once, numbered without holes, and refused is not stored (protocol.md §3.1, §3.2, §3.6)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from hubbub.operate.proof.fold import Fold, is_made_by
from hubbub.operate.proof.history import Entry, Envelope, Figures, Key, Stored, Violation, Witness

ANSWERS = frozenset({"sent", "done", "room"})
UNDECIDED = frozenset({"unavailable", "rate_limited"})
Outcomes = dict[Key, list[Envelope | None]]
"""What each attempt to write was answered with, in the order of asking; None: nothing."""


def check_log(chat: str, stored: Stored) -> Iterator[Violation]:
    """Seqs 1 … head, each once."""
    seqs = [entry["seq"] for entry in stored.logs[chat]]
    if seqs != list(range(1, len(seqs) + 1)):
        wrong = next((at, seq) for at, seq in enumerate(seqs, 1) if at != seq)
        yield Violation("gap", f"{chat}: {wrong[1]} stands where {wrong[0]} should")
    if stored.heads.get(chat) != len(seqs):
        yield Violation("gap", f"{chat}: head {stored.heads.get(chat)}, but {len(seqs)} entries")


def check_once(stored: Stored, folds: Mapping[str, Fold]) -> Iterator[Violation]:
    """One entry per (sender, msg_id), and none that repeats what already was so."""
    named = Counter(
        (entry["from"], entry["msg_id"])
        for log in stored.logs.values()
        for entry in log
        if entry["type"] == "message"
    )
    for key, count in named.items():
        if count > 1:
            yield Violation("duplicate", f"{key} is stored {count} times")
    for chat, fold in folds.items():
        for entry in fold.idle_changes():
            yield Violation("duplicate", f"{chat}: {entry} changes nothing")


def check_contents(chat: str, stored: Stored, fold: Fold) -> Iterator[Violation]:
    """Every message and edit is what its author asked for, in the form the log's changes give it."""
    for entry in stored.logs[chat]:
        seq = entry["seq"]
        if entry["type"] in {"message", "edited"} and seq not in fold.origins:
            yield Violation("content", f"{chat} {seq}: nobody asked for {entry}")
        elif entry["type"] == "message":
            form = fold.present(seq, fold.head, None)
            if form != {name: entry.get(name) for name in form} | {"deleted": bool(entry["deleted"])}:
                yield Violation("content", f"{chat} {seq}: stored {entry}, the log gives {form}")
            elif fold.marks(seq, fold.head) != stored.marks.get((chat, seq), set()):
                yield Violation("content", f"{chat} {seq}: reactions {stored.marks.get((chat, seq))}")
        elif entry["type"] == "edited" and not _edit_is_right(entry, fold):
            yield Violation("content", f"{chat} {seq}: stored {entry}")


def _edit_is_right(entry: Entry, fold: Fold) -> bool:
    erased = fold.is_erased(entry["target"])
    content = None if erased else fold.asked_content(entry["seq"])
    return (entry.get("content"), bool(entry["deleted"])) == (content, erased)


def outcomes(witnesses: Sequence[Witness], figures: Figures) -> tuple[Outcomes, list[Violation]]:
    """Every write's answers by (user, msg_id); and replies nobody asked for, or given twice."""
    found: Outcomes = defaultdict(list)
    wrong: list[Violation] = []
    for witness in witnesses:
        for records in witness.connections():
            figures.connections += 1
            open_: dict[int, tuple[Key, int] | None] = {}
            for record in records:
                envelope = record.envelope
                if record.way == "sent":
                    open_[envelope["id"]] = _open(found, witness.user, envelope)
                elif record.way == "got" and "id" in envelope:
                    if envelope["id"] not in open_:
                        wrong.append(Violation("reply", f"{witness.name}: nobody asked for {envelope}"))
                    elif (place := open_.pop(envelope["id"])) is not None:
                        found[place[0]][place[1]] = envelope
    return found, wrong


def _open(found: Outcomes, user: str, request: Envelope) -> tuple[Key, int] | None:
    if "msg_id" not in request:
        return None
    key = (user, request["msg_id"])
    found[key].append(None)
    return key, len(found[key]) - 1


def check_outcomes(
    found: Outcomes,
    asked: Mapping[Key, Envelope],
    stored: Stored,
    folds: Mapping[str, Fold],
    figures: Figures,
) -> Iterator[Violation]:
    """What was acknowledged is stored as it was asked for; what was refused is not."""
    for key, answers in found.items():
        given = [answer for answer in answers if answer is not None]
        acknowledged = [answer for answer in given if answer["type"] in ANSWERS]
        figures.duplicates_answered += sum(bool(answer.get("duplicate")) for answer in given)
        if acknowledged:
            figures.acknowledged += 1
            yield from _check_acknowledged(key, asked[key], acknowledged, stored, folds)
        elif answers[-1] is not None and answers[-1].get("code") not in UNDECIDED:
            figures.refused += 1
            if key in stored.writes:
                yield Violation("refused", f"{key} was refused with {answers[-1]}, and is stored")
        elif len(given) == len(answers) and key in stored.writes:
            yield Violation("refused", f"{key} was never anything but refused, and is stored")


def _check_acknowledged(
    key: Key, request: Envelope, answers: list[Envelope], stored: Stored, folds: Mapping[str, Fold]
) -> Iterator[Violation]:
    places = {(answer["chat"], answer["seq"]) for answer in answers}
    if len(places) > 1:
        yield Violation("reused", f"{key} was answered with {sorted(places)}")
    for chat, seq in places:
        entry = folds[chat].entries.get(seq) if chat in folds else None
        if entry is None:
            yield Violation("lost", f"{key} was acknowledged as {chat} {seq}, which is not stored")
        elif not _is_as_asked(key[0], request, entry, folds[chat]):
            yield Violation("reused", f"{key} was acknowledged as {chat} {seq}, where {entry} is")
    if stored.writes.get(key) not in places:
        yield Violation("lost", f"{key} was answered with {places}, remembered is {stored.writes.get(key)}")


def _is_as_asked(user: str, request: Envelope, entry: Entry, fold: Fold) -> bool:
    if request["type"] == "create_room":
        return bool(entry["type"] == "member" and entry["seq"] == 1 and entry["from"] == user)
    return is_made_by(user, request, entry) or fold.is_so(user, request, entry["seq"])
