from hypothesis import given
from hypothesis import strategies as st

from hubbub_client.events import Deleted, Edited, Entry, Message, Reacted, Reaction
from hubbub_client.transcript import Transcript


def message(seq: int, content: str | None = "hello", **more: object) -> Message:
    return Message(chat="c", seq=seq, ts=0, msg_type="group", sender="bob", content=content, **more)


def edited(seq: int, target: int, content: str | None) -> Edited:
    return Edited(
        chat="c", seq=seq, ts=0, sender="bob", target=target, content=content, deleted=content is None
    )


def reacted(seq: int, sender: str, *, on: bool = True) -> Reacted:
    return Reacted(chat="c", seq=seq, ts=0, sender=sender, target=1, emoji="+", on=on)


def test_changes_are_worked_in() -> None:
    transcript = Transcript("alice")
    transcript.apply(message(1))
    assert transcript.apply(edited(2, 1, "hallo")) == message(1, "hallo", edited=2, as_of=2)
    transcript.apply(reacted(3, "alice"))
    transcript.apply(reacted(4, "carol"))
    assert transcript[1].reactions == {"+": Reaction(count=2, mine=True)}
    transcript.apply(reacted(5, "alice", on=False))
    assert transcript[1].reactions == {"+": Reaction(count=1, mine=False)}
    transcript.apply(Deleted(chat="c", seq=6, ts=0, sender="bob", target=1))
    assert (transcript[1].content, transcript[1].deleted, transcript.last()) == (None, True, None)


def test_changes_the_present_form_includes_are_ignored() -> None:
    transcript = Transcript("alice")
    transcript.apply(message(1, "hallo", edited=4, as_of=4))
    assert transcript.apply(edited(3, 1, "hullo")) is None
    assert transcript.apply(edited(4, 1, "hallo")) is None
    assert transcript[1].content == "hallo"


def test_an_older_copy_does_not_replace_a_newer_one() -> None:
    transcript = Transcript("alice")
    transcript.apply(message(1, "hallo", edited=4, as_of=4))
    transcript.apply(message(1))
    assert transcript[1].content == "hallo"


def test_an_edit_of_an_erased_message_erases() -> None:
    transcript = Transcript("alice")
    transcript.apply(message(1))
    assert transcript.apply(edited(2, 1, None)) == message(1, None, deleted=True, as_of=2)


def test_only_the_latest_are_kept() -> None:
    transcript = Transcript("alice", kept=2)
    for seq in (1, 2, 3):
        transcript.apply(message(seq))
    assert (transcript[1], transcript[2].seq, transcript[3].seq) == (None, 2, 3)
    assert transcript.apply(edited(4, 1, "late")) is None


@given(st.data())
def test_live_and_present_form_agree(data: st.DataObject) -> None:
    """Who saw every entry live and who got the message in its present form, and some entries again, see the same."""
    log: list[Entry] = [message(1)]
    for seq in range(2, data.draw(st.integers(2, 8))):
        kind = data.draw(st.sampled_from(["edit", "react", "unreact"]))
        sender = data.draw(st.sampled_from(["alice", "bob"]))
        log.append(edited(seq, 1, f"v{seq}") if kind == "edit" else reacted(seq, sender, on=kind == "react"))
    live = Transcript("alice")
    for entry in log:
        live.apply(entry)
    late = Transcript("alice")
    late.apply(live[1])
    for entry in log:
        late.apply(entry)
    assert late[1] == live[1]
