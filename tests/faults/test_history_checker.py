"""The judge is judged: a small good run passes, and each way of breaking a promise is caught by its name."""

from collections.abc import Callable

import pytest
from tests.faults.small_run import ASKED, LIVE, ROOM, WELCOME, Run, answer, entry, hear, message, say

from hubbub.operate.proof.history import Record, Stored, Witness
from hubbub.operate.proof.history_checker import check


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


def test_a_chat_that_was_joined_on_a_lost_log_is_called_gone_and_may_be_joined_again() -> None:
    """A drill of a failover was judged to have broken a promise: the copy knew nothing of the joining, which came again later."""
    run = Run()
    called_gone_and_never_was(run)
    assert "resync" in run.broken()
    run.replace("bob", run.at("bob", 2, type="welcome") - 1, epoch="of the lost log")  # what his hello said
    assert "resync" not in run.broken()


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


def refused_on_the_retry_and_stored(run: Run) -> None:
    """The first attempt, never answered, was done after its retry was refused."""
    run.replace("bob", run.at("bob", 2, type="done", seq=6), type="error", code="not_a_member")


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
    refused_on_the_retry_and_stored: "refused",
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
