"""Whether a run kept the promises of docs/protocol.md §3.1–§3.4, §3.6–§3.8, judged from what was seen from outside. Pure.

promise     broken when
gap         a log's seqs are not 1 … head, each once
lost        something acknowledged, or shown to anybody, is not in the log
duplicate   a (sender, msg_id) is stored twice, a change is stored twice, or an entry is pushed twice on a connection
reused      one msg_id was answered with two seqs, or with the seq of something else
content     an entry, stored or shown, is not what its author asked for with the changes that stand in the log
refused     something only ever refused is stored
reply       a reply to nothing, or a second one
order       a push before the welcome, or before the reply to the request that made it
inversion   a push below what was pushed before
hole        a push, page or whole view that leaves entries out without saying so
resync      a hole announced where there is none, or not where it is
removed     a push to somebody who is no member
unread      a reader was told of an entry that history did not have
behind      at the end a client that is connected is not at the head
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hubbub.operate.proof import stored_checks, view_checks
from hubbub.operate.proof.fold import Fold
from hubbub.operate.proof.history import Figures, Stored, Violation, Witness, asked


@dataclass(frozen=True)
class Findings:
    """What was wrong (nothing, one hopes), and how much was looked at."""

    violations: list[Violation]
    figures: Figures

    def count(self, promise: str) -> int:
        """How often one promise was broken."""
        return sum(each.promise == promise for each in self.violations)

    def report(self, most: int = 20) -> str:
        """The figures, and the first violations if there are any."""
        broken = "\n".join(f"{each.promise}: {each.seen}" for each in self.violations[:most])
        totals = ", ".join(
            f"{name} {self.count(promise)}"
            for name, promise in (
                ("lost", "lost"), ("duplicates", "duplicate"), ("inversions", "inversion"), ("holes", "hole"),
                ("gaps", "gap"), ("wrong contents", "content"),
            )
        )  # fmt: skip
        return f"{self.figures}\n{totals}, violations in all {len(self.violations)}\n{broken}"


def check(witnesses: Sequence[Witness], stored: Stored, known: Sequence[Witness] = ()) -> Findings:
    """Judge a run that has come to rest: all connected, all decided, every witness has read its chats whole.

    `known` are witnesses of a time before, who are heard only for what they asked, and not judged.
    """
    kinds = Counter(entry["type"] for log in stored.logs.values() for entry in log)
    figures = Figures(
        stored=kinds.total(),
        messages=kinds["message"],
        edits=kinds["edited"],
        deletions=kinds["deleted"],
        reactions=kinds["reacted"],
        comings_and_goings=kinds["member"],
    )
    requests = asked([*known, *witnesses])
    folds = {chat: Fold(chat, log, requests, stored.writes) for chat, log in stored.logs.items()}
    found, violations = stored_checks.outcomes(witnesses, figures)
    for chat, fold in folds.items():
        violations += stored_checks.check_log(chat, stored)
        violations += stored_checks.check_contents(chat, stored, fold)
    violations += stored_checks.check_once(stored, folds)
    violations += stored_checks.check_outcomes(found, requests, stored, folds, figures)
    for witness in witnesses:
        violations += view_checks.check_view(witness, folds, figures)
    return Findings(violations, figures)
