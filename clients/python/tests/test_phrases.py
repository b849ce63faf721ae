"""Lines of line mode."""

from datetime import UTC

import pytest

from hubbub_client.errors import ADVICE, RequestRefused
from hubbub_client.events import CaughtUp, Friend, Member, Message, Reaction, StateChanged, Status
from hubbub_client.terminal import wording
from hubbub_client.terminal.plain import phrases
from hubbub_client.terminal.wording import clock, label
from hubbub_client.wire.entries import Summary


def message(content: str | None, **more: object) -> Message:
    return Message(chat="c", seq=4, ts=0, msg_type="group", sender="bob", content=content, **more)


def test_messages() -> None:
    first = message("hello")
    assert str(phrases.message_line("12:01", "lobby", first, "alice", None)) == "12:01 lobby #4 bob: hello"
    assert str(phrases.message_line("12:01", "lobby", first, "bob", None)).endswith("hello ✓")
    reply = message("yes", reply_to=4, edited=6, reactions={"+": Reaction(count=2)})
    line = str(phrases.message_line("12:01", "lobby", reply, "alice", first))
    assert line == "12:01 lobby #4 bob: (reply to #4 bob: hello) yes (edited) [+ 2]"
    gone = message(None, deleted=True)
    assert str(phrases.message_line("12:01", "lobby", gone, "alice", None)).endswith("bob: (deleted)")


@pytest.mark.parametrize(
    ("change", "sender", "more", "said"),
    [
        ("joined", "carol", {}, "carol joined"),
        ("joined", "bob", {}, "carol was brought in by bob"),
        ("kicked", "bob", {}, "carol was removed by bob"),
        ("muted", "bob", {"until": 60_000}, "carol was muted by bob until 00:01"),
        ("muted", "bob", {"until": 0}, "carol may speak again, says bob"),
        ("role", "bob", {"role": "admin"}, "carol got another role from bob: admin"),
        ("beamed", "bob", {}, "carol beamed, by bob"),
    ],
)
def test_members(
    change: str, sender: str, more: dict[str, object], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wording, "clock", lambda ts, _: f"00:0{ts // 60_000}")
    entry = Member(chat="c", seq=1, ts=0, sender=sender, user="carol", change=change, **more)
    assert str(phrases.member_line("00:00", "lobby", entry, 1)) == f"00:00 lobby {said}"


def test_the_time_has_a_date_when_it_is_not_today() -> None:
    day = 86_400_000
    assert clock(day + 61_000, day + 70_000, UTC) == "00:01"
    assert clock(61_000, day + 70_000, UTC) == "1970-01-01 00:01"


def test_friend_requests_name_the_answer() -> None:
    assert "/accept bob" in str(phrases.friend_line(Friend(user="bob", change="requested")))


def test_the_connection_is_told_as_it_is() -> None:
    lost = StateChanged(Status.DISCONNECTED, "the server restarts", 3.21, 1)
    assert "connection lost (the server restarts), again in 3.2 s" in str(
        phrases.state_line(lost, had_one=True)
    )
    assert "no connection" in str(phrases.state_line(lost, had_one=False))
    stopped = StateChanged(Status.DISCONNECTED, "gave up")
    assert "/connect" in str(phrases.state_line(stopped, had_one=True))
    assert "nothing lost (1 entry meanwhile)" in str(
        phrases.caught_up_line(CaughtUp(1, complete=True), first=False)
    )
    assert "nothing lost" not in str(phrases.caught_up_line(CaughtUp(1, complete=False), first=False))
    assert phrases.caught_up_line(CaughtUp(0, complete=True), first=True) is None


@pytest.mark.parametrize("code", [*ADVICE, "from_the_future"])
def test_every_refusal_has_words(code: str) -> None:
    assert len(str(phrases.refusal_line(RequestRefused(code, "", 2500)))) > 10


def test_labels() -> None:
    room = Summary(chat="r1", msg_type="group", name="lobby", head=0)
    assert label(room, "r1") == "lobby"
    assert label(Summary(chat="p1", msg_type="private", peer="bob", head=0), "p1") == "@bob"
    assert label(None, "r9") == "r9"
