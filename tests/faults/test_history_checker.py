"""The judge is judged: a small good run passes, and each way of breaking a promise is caught by its name."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from hubbub.operate.proof.history import Entry, Envelope, Record, Stored, Witness
from hubbub.operate.proof.history_checker import check

ROOM = "r1"


class Run:
    """Alice made a room and Bob is in it; she said hello (3) and bye (4), changed it (5), he liked hello (6), took back
    his own word (7, erased by 8). Bob's network died after 4 and he came back with his cursor.
    """

    def __init__(self) -> None:
        self.alice = Witness("alice.a", "alice")
        self.bob = Witness("bob.a", "bob")
        self.witnesses = [self.alice, self.bob]
        self.log = deepcopy(LOG)
        self.writes = dict(WRITES)
        self.marks = {(ROOM, 3): {("+", "bob")}}
        self._alice()
        self._bob()
        self.alice.stays = False  # she never read the whole chat

    def _alice(self) -> None:
        say(self.alice, 1, {"type": "hello", "id": 1}, WELCOME | {"id": 1})
        create = {"type": "create_room", "id": 2, "name": "r", "public": True, "msg_id": "a0"}
        say(self.alice, 1, create, {"type": "room", "id": 2, "chat": ROOM, "seq": 1})
        hear(self.alice, 1, {"type": "chat", "chat": ROOM, "head": 0}, LIVE[1], LIVE[2])
        for number, seq in ((3, 3), (4, 4), (5, 5)):
            say(self.alice, 1, ASKED[seq] | {"id": number}, answer(seq) | {"id": number})
            hear(self.alice, 1, LIVE[seq])
        hear(self.alice, 1, LIVE[6], LIVE[7], LIVE[8])

    def _bob(self) -> None:
        say(self.bob, 1, {"type": "hello", "id": 1}, WELCOME | {"id": 1})
        say(self.bob, 1, ASKED[2] | {"id": 2}, answer(2) | {"id": 2})
        hear(self.bob, 1, {"type": "chat", "chat": ROOM, "head": 1}, *(LIVE[seq] for seq in (2, 3, 4)))
        self.bob.records.append(Record(1, "sent", ASKED[6] | {"id": 3}))
        self.bob.records.append(Record(1, "ended", {}))
        say(self.bob, 2, {"type": "hello", "id": 4, "cursors": {ROOM: 4}, "epoch": "e"}, WELCOME | {"id": 4})
        hear(self.bob, 2, LIVE[5], LIVE[6])
        say(self.bob, 2, ASKED[6] | {"id": 5}, answer(6) | {"id": 5})
        say(self.bob, 2, ASKED[7] | {"id": 6}, answer(7) | {"id": 6})
        hear(self.bob, 2, LIVE[7])
        say(self.bob, 2, ASKED[8] | {"id": 7}, answer(8) | {"id": 7})
        hear(self.bob, 2, LIVE[8])
        page = {"type": "page", "chat": ROOM, "entries": deepcopy(PRESENT), "more": False}
        say(self.bob, 2, {"type": "history", "chat": ROOM, "after": 0, "id": 8}, page | {"id": 8})

    def broken(self) -> set[str]:
        """The promises the checker finds broken."""
        stored = Stored({ROOM: self.log}, {ROOM: 8}, self.writes, self.marks)
        return {violation.promise for violation in check(self.witnesses, stored).violations}

    def at(self, who: str, connection: int, **fields: Any) -> int:  # noqa: ANN401
        """Where in a witness's records an envelope with these fields was got."""
        records = getattr(self, who).records
        return next(
            place
            for place, (number, way, envelope) in enumerate(records)
            if number == connection and way == "got" and fields.items() <= envelope.items()
        )

    def replace(self, who: str, place: int, **fields: Any) -> None:  # noqa: ANN401
        """Change an envelope that was got."""
        records = getattr(self, who).records
        records[place] = records[place]._replace(envelope=records[place].envelope | fields)


def say(witness: Witness, connection: int, request: Envelope, reply: Envelope) -> None:
    witness.records += [Record(connection, "sent", request), Record(connection, "got", reply)]


def hear(witness: Witness, connection: int, *pushes: Envelope) -> None:
    witness.records += [Record(connection, "got", push) for push in pushes]


def entry(seq: int, kind: str, sender: str, **fields: Any) -> Entry:  # noqa: ANN401
    return {"type": kind, "chat": ROOM, "seq": seq, "ts": seq, "from": sender, **fields}


def message(seq: int, sender: str, msg_id: str, content: str | None, **fields: Any) -> Entry:  # noqa: ANN401
    return entry(
        seq,
        "message",
        sender,
        msg_id=msg_id,
        content=content,
        msg_type="group",
        to=ROOM,
        reply_to=None,
        **fields,
    )


def answer(seq: int) -> Envelope:
    made = {"chat": ROOM, "seq": seq, "ts": seq}
    if ASKED[seq]["type"] == "send":
        return made | {"type": "sent", "msg_id": ASKED[seq]["msg_id"], "duplicate": False}
    return made | {"type": "done"}


WELCOME: Envelope = {"type": "welcome", "epoch": "e", "chats": [], "gone": []}
ASKED: dict[int, Envelope] = {
    2: {"type": "join", "chat": ROOM, "msg_id": "b0"},
    3: {"type": "send", "to": ROOM, "msg_type": "group", "content": "hello", "msg_id": "a1"},
    4: {"type": "send", "to": ROOM, "msg_type": "group", "content": "bye", "msg_id": "a2"},
    5: {"type": "edit", "chat": ROOM, "seq": 4, "content": "bye!", "msg_id": "a3"},
    6: {"type": "react", "chat": ROOM, "seq": 3, "emoji": "+", "on": True, "msg_id": "b1"},
    7: {"type": "send", "to": ROOM, "msg_type": "group", "content": "oops", "msg_id": "b2"},
    8: {"type": "delete", "chat": ROOM, "seq": 7, "msg_id": "b3"},
}
LIVE: dict[int, Entry] = {
    1: entry(1, "member", "alice", user="alice", change="joined"),
    2: entry(2, "member", "bob", user="bob", change="joined"),
    3: message(3, "alice", "a1", "hello"),
    4: message(4, "alice", "a2", "bye"),
    5: entry(5, "edited", "alice", target=4, content="bye!"),
    6: entry(6, "reacted", "bob", target=3, emoji="+", on=True),
    7: message(7, "bob", "b2", "oops"),
    8: entry(8, "deleted", "bob", target=7),
}
PRESENT: list[Entry] = [
    LIVE[1],
    LIVE[2],
    LIVE[3] | {"as_of": 6, "reactions": {"+": {"count": 1, "mine": True}}},
    LIVE[4] | {"as_of": 5, "content": "bye!", "edited": 5},
    LIVE[5],
    LIVE[6],
    LIVE[7] | {"as_of": 8, "content": None, "deleted": True},
    LIVE[8],
]
LOG: list[Entry] = [
    LIVE[1],
    LIVE[2],
    message(3, "alice", "a1", "hello", edited=None, deleted=False, as_of=6),
    message(4, "alice", "a2", "bye!", edited=5, deleted=False, as_of=5),
    entry(5, "edited", "alice", target=4, content="bye!", deleted=False),
    LIVE[6],
    message(7, "bob", "b2", None, edited=None, deleted=True, as_of=8),
    LIVE[8],
]
WRITES = {
    ("alice", "a0"): (ROOM, 1), ("bob", "b0"): (ROOM, 2), ("alice", "a1"): (ROOM, 3), ("alice", "a2"): (ROOM, 4),
    ("alice", "a3"): (ROOM, 5), ("bob", "b1"): (ROOM, 6), ("bob", "b2"): (ROOM, 7), ("bob", "b3"): (ROOM, 8),
}  # fmt: skip


def test_a_good_run_is_good() -> None:
    assert Run().broken() == set()


def test_two_requests_for_one_change_are_no_fault() -> None:
    """Bob asked twice, with two msg_ids, to delete the same; the second finds it done while it is still on its way."""
    run = Run()
    again = ASKED[8] | {"msg_id": "b4", "id": 9}
    run.bob.records.insert(run.at("bob", 2, type="done", seq=8), Record(2, "sent", again))
    hear(run.bob, 2, answer(8) | {"id": 9})
    run.writes["bob", "b4"] = (ROOM, 8)
    assert run.broken() == set()


def test_who_left_and_came_back_while_away_is_replayed_both_and_goes_on() -> None:
    """A minute of 200 clients was judged to have broken 563 promises: all that a user's other device heard after this."""
    run = Run()
    run.log += [entry(9, "member", "bob", user="bob", change="left")]
    run.log += [entry(10, "member", "bob", user="bob", change="joined")]
    say(run.bob, 3, {"type": "hello", "id": 9}, WELCOME | {"id": 9, "chats": [{"chat": ROOM, "head": 10}]})
    hear(run.bob, 3, *run.log[8:])
    assert "removed" not in run.broken()


def test_a_witness_of_before_is_heard_for_what_it_asked_and_not_judged() -> None:
    run = Run()
    hear(run.alice, 1, LIVE[3])  # once more: what she saw is nobody's business now
    stored = Stored({ROOM: run.log}, {ROOM: 8}, run.writes, run.marks)
    assert check([run.bob], stored, known=[run.alice]).violations == []
    assert {each.promise for each in check([run.bob], stored).violations} >= {"content"}


def acknowledged_and_gone(run: Run) -> None:
    run.log.pop()
    run.log[6] |= {"content": "oops", "deleted": False, "as_of": None}
    del run.writes["bob", "b3"]


def stored_twice(run: Run) -> None:
    run.log.append(run.log[2] | {"seq": 9})


def reaction_stored_twice(run: Run) -> None:
    run.log.append(run.log[5] | {"seq": 9})


def hole_in_the_log(run: Run) -> None:
    run.log[7] = run.log[7] | {"seq": 9}


def head_without_entry(run: Run) -> None:
    run.log.pop()


def answered_with_another_seq(run: Run) -> None:
    say(run.alice, 1, ASKED[3] | {"id": 9}, answer(3) | {"id": 9, "seq": 4, "duplicate": True})


def answered_with_somebody_elses_entry(run: Run) -> None:
    run.replace("bob", run.at("bob", 2, type="sent"), seq=3)


def stored_otherwise_than_said(run: Run) -> None:
    run.log[2] = run.log[2] | {"content": "hell"}


def stored_without_being_said(run: Run) -> None:
    del run.writes["bob", "b2"]


def edit_not_in_the_present_form(run: Run) -> None:
    run.log[3] = run.log[3] | {"content": "bye"}


def reaction_not_kept(run: Run) -> None:
    run.marks = {}


def erased_text_still_there(run: Run) -> None:
    run.log[6] = run.log[6] | {"content": "oops"}


def refused_and_stored(run: Run) -> None:
    run.replace("bob", run.at("bob", 2, type="done", seq=8), type="error", code="forbidden")


def unavailable_and_stored(run: Run) -> None:
    run.replace("bob", run.at("bob", 2, type="done", seq=8), type="error", code="unavailable")


def two_replies(run: Run) -> None:
    hear(run.bob, 2, {"type": "ok", "id": 8})


def pushed_otherwise_than_said(run: Run) -> None:
    run.replace("bob", run.at("bob", 1, seq=3), content="hullo")


def pushed_edit_otherwise(run: Run) -> None:
    run.replace("alice", run.at("alice", 1, type="edited"), content="bye?")


def page_without_the_edit(run: Run) -> None:
    entries = run.bob.records[run.at("bob", 2, type="page")].envelope["entries"]
    entries[3] = entries[3] | {"content": "bye"}


def page_with_anothers_mark(run: Run) -> None:
    entries = run.bob.records[run.at("bob", 2, type="page")].envelope["entries"]
    entries[2] = entries[2] | {"reactions": {"+": {"count": 1, "mine": False}}}


def page_that_leaves_out(run: Run) -> None:
    del run.bob.records[run.at("bob", 2, type="page")].envelope["entries"][4]


def page_that_ends_early(run: Run) -> None:
    run.bob.records[run.at("bob", 2, type="page")].envelope["entries"].pop()


def pushed_twice(run: Run) -> None:
    hear(run.bob, 2, LIVE[8])


def pushed_in_the_wrong_order(run: Run) -> None:
    place = run.at("bob", 2, seq=7, type="message")
    run.bob.records.insert(place, Record(2, "got", LIVE[2]))


def left_out_in_the_flow(run: Run) -> None:
    del run.alice.records[run.at("alice", 1, seq=6, type="reacted")]


def silent_hole_after_resume(run: Run) -> None:
    del run.bob.records[run.at("bob", 2, type="edited")]


def resync_where_nothing_is_missing(run: Run) -> None:
    hear(run.bob, 2, {"type": "resync", "chat": ROOM, "after": 8, "next": 9})


def resync_from_the_wrong_place(run: Run) -> None:
    place = run.at("bob", 2, type="edited")
    run.bob.records[place] = Record(2, "got", {"type": "resync", "chat": ROOM, "after": 3, "next": 6})


def resync_beyond_the_head(run: Run) -> None:
    hear(run.bob, 2, {"type": "resync", "chat": ROOM, "after": 8, "next": 12})


def reset_without_need(run: Run) -> None:
    run.bob.records[run.at("bob", 2, type="edited")] = Record(
        2, "got", {"type": "resync", "chat": ROOM, "after": 0, "next": 6, "reset": True}
    )


def called_gone_and_never_was(run: Run) -> None:
    run.replace("bob", run.at("bob", 2, type="welcome"), gone=[ROOM])


def never_caught_up(run: Run) -> None:
    del run.bob.records[run.at("bob", 2, type="deleted")]


def never_saw_the_hole(run: Run) -> None:
    run.bob.records[run.at("bob", 2, type="edited")] = Record(
        2, "got", {"type": "resync", "chat": ROOM, "after": 4, "next": 6}
    )
    del run.bob.records[run.at("bob", 2, type="page")]


def push_before_welcome(run: Run) -> None:
    run.bob.records.insert(1, Record(1, "got", LIVE[1]))


def push_before_reply(run: Run) -> None:
    place = run.at("bob", 2, type="sent")
    run.bob.records.insert(place, run.bob.records.pop(run.at("bob", 2, seq=7, type="message")))


def pushed_to_a_stranger(run: Run) -> None:
    eve = Witness("eve.a", "eve", stays=False)
    say(eve, 1, {"type": "hello", "id": 1}, WELCOME | {"id": 1, "chats": [{"chat": ROOM, "head": 7}]})
    hear(eve, 1, LIVE[8])
    run.witnesses.append(eve)


def pushed_after_removal(run: Run) -> None:
    gone = entry(9, "member", "bob", user="bob", change="left")
    run.log += [gone, entry(10, "renamed", "alice", name="s")]
    hear(run.bob, 2, gone, run.log[9])


def shown_and_not_stored(run: Run) -> None:
    hear(run.bob, 2, message(9, "alice", "a9", "nobody said so"))


BREAKS: dict[Callable[[Run], None], str] = {
    acknowledged_and_gone: "lost",
    stored_twice: "duplicate",
    reaction_stored_twice: "duplicate",
    hole_in_the_log: "gap",
    head_without_entry: "gap",
    answered_with_another_seq: "reused",
    answered_with_somebody_elses_entry: "reused",
    stored_otherwise_than_said: "content",
    stored_without_being_said: "content",
    edit_not_in_the_present_form: "content",
    reaction_not_kept: "content",
    erased_text_still_there: "content",
    refused_and_stored: "refused",
    unavailable_and_stored: "refused",
    two_replies: "reply",
    pushed_otherwise_than_said: "content",
    pushed_edit_otherwise: "content",
    page_without_the_edit: "content",
    page_with_anothers_mark: "content",
    page_that_leaves_out: "hole",
    page_that_ends_early: "unread",
    pushed_twice: "duplicate",
    pushed_in_the_wrong_order: "inversion",
    left_out_in_the_flow: "hole",
    silent_hole_after_resume: "hole",
    resync_where_nothing_is_missing: "resync",
    resync_from_the_wrong_place: "resync",
    resync_beyond_the_head: "resync",
    reset_without_need: "resync",
    called_gone_and_never_was: "resync",
    never_caught_up: "behind",
    never_saw_the_hole: "hole",
    push_before_welcome: "order",
    push_before_reply: "order",
    pushed_to_a_stranger: "removed",
    pushed_after_removal: "removed",
    shown_and_not_stored: "lost",
}


@pytest.mark.parametrize(
    ("break_it", "promise"), BREAKS.items(), ids=lambda each: getattr(each, "__name__", each)
)
def test_a_broken_promise_is_caught(break_it: Callable[[Run], None], promise: str) -> None:
    run = Run()
    break_it(run)
    assert promise in run.broken()
