"""What events change on the desk."""

import pytest
from clients.python.tests.scene import NOON, joined, private, room, said

from hubbub_client.events import (
    CaughtUp,
    ChatAdded,
    ChatGone,
    Deleted,
    Edited,
    Friend,
    Member,
    Message,
    NotDelivered,
    Presence,
    Reacted,
    Receipt,
    Renamed,
    Reset,
    StateChanged,
    Status,
    Typing,
)
from hubbub_client.terminal.desk.chat import TYPING_MS, Chat, Fate, Pending, names
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.desk.reactions import react
from hubbub_client.wire.replies import RoomMember
from hubbub_client.wire.requests import Send


@pytest.fixture
def desk() -> Desk:
    desk = Desk("alice")
    happens(
        desk, StateChanged(Status.CONNECTED), ChatAdded(room("r1", "lobby")), ChatAdded(private("p1", "bob"))
    )
    return desk


def happens(desk: Desk, *events: object, at: int = NOON) -> None:
    for event in events:
        react(desk, event, at)  # type: ignore[arg-type]


def lobby(desk: Desk) -> Chat:
    return desk.chats["r1"]


def test_what_others_say_is_unread_until_it_is_read_here_or_elsewhere(desk: Desk) -> None:
    happens(
        desk, said("r1", 1, "bob", "hi", 0), said("r1", 2, "bob", "@alice?", 0), said("r1", 3, "bob", "!", 0)
    )
    assert (lobby(desk).unread, lobby(desk).mentions, desk.unread) == (3, 1, 3)
    happens(desk, Receipt(chat="r1", user="alice", received=3, read=3))
    assert (lobby(desk).unread, lobby(desk).mentions) == (0, 0)
    happens(desk, said("r1", 4, "bob", "more", 0), said("r1", 5, "alice", "from my telephone", 0))
    assert lobby(desk).unread == 0


def test_what_a_summary_counted_is_not_counted_again_when_it_is_replayed() -> None:
    """A resumed session gets the summary, with what is unread up to the head, and then the entries up to there."""
    desk = Desk("alice")
    happens(desk, ChatAdded(room("r1", "lobby", head=2, read=0, unread=2)))
    happens(desk, said("r1", 1, "bob", "one", 0), said("r1", 2, "bob", "two", 0))
    assert lobby(desk).unread == 2
    happens(desk, said("r1", 3, "bob", "three", 0))
    assert lobby(desk).unread == 3


def test_the_last_of_what_is_unread_tells_who_was_spoken_to() -> None:
    last = {
        "type": "message",
        "chat": "r1",
        "seq": 2,
        "ts": 9,
        "msg_type": "group",
        "from": "bob",
        "content": "@alice?",
    }
    chat = Chat.of(room("r1", "lobby", head=2, unread=2, last=last), "alice")
    assert (chat.unread, chat.mentions, chat.active_ts) == (2, 1, 9)


@pytest.mark.parametrize(
    ("content", "named"),
    [("@alice", True), ("hey @Alice!", True), ("@alice-2", False), ("me@alice.org", False), ("alice", False)],
)
def test_who_is_spoken_to(content: str, named: bool) -> None:
    assert names(content, "alice") is named


def test_changes_are_worked_in(desk: Desk) -> None:
    happens(desk, said("r1", 1, "bob", "frist", 0), said("r1", 2, "bob", "gone soon", 0))
    edit = Edited(chat="r1", seq=3, ts=0, sender="bob", target=1, content="first")
    like = Reacted(chat="r1", seq=4, ts=0, sender="alice", target=1, emoji="+", on=True)
    happens(desk, edit, like, Deleted(chat="r1", seq=5, ts=0, sender="bob", target=2))
    one, two = list(lobby(desk).log)
    assert isinstance(one, Message)
    assert isinstance(two, Message)
    assert (one.content, one.edited, one.reactions["+"].mine, two.deleted) == ("first", 3, True, True)
    happens(desk, edit)
    assert lobby(desk).log.last == 5


def test_ones_own_message_comes_a_long_way(desk: Desk) -> None:
    lobby(desk).pending.append(Pending("m1", "hello", NOON))
    assert desk.waiting == 1
    happens(desk, said("r1", 1, "alice", "hello", 0))
    assert desk.waiting == 0
    assert lobby(desk).fate(1) is Fate.SENT
    happens(desk, Receipt(chat="r1", user="bob", received=1, read=0))
    assert lobby(desk).fate(1) is Fate.DELIVERED
    happens(
        desk,
        Receipt(chat="r1", user="bob", received=1, read=1),
        Receipt(chat="r1", user="bob", received=0, read=0),
    )
    assert lobby(desk).fate(1) is Fate.READ
    assert lobby(desk).fate(2) is Fate.SENT


def test_members_tell_how_far_they_are(desk: Desk) -> None:
    lobby(desk).learn_members(
        [RoomMember(user="bob", read=3, received=4), RoomMember(user="alice", read=9)], "alice"
    )
    assert lobby(desk).fate(3) is Fate.READ
    assert lobby(desk).fate(4) is Fate.DELIVERED
    assert lobby(desk).fate(5) is Fate.SENT


def test_typing_ends_by_itself_or_with_the_message(desk: Desk) -> None:
    happens(desk, Typing(chat="r1", user="bob", on=True), Typing(chat="r1", user="alice", on=True))
    assert lobby(desk).typists(NOON) == ["bob"]
    assert lobby(desk).typists(NOON + TYPING_MS) == []
    happens(desk, said("r1", 1, "bob", "done", 0))
    assert lobby(desk).typists(NOON) == []
    happens(desk, Typing(chat="r1", user="bob", on=True), Typing(chat="r1", user="bob", on=False))
    assert lobby(desk).typists(NOON) == []


def test_chats_come_change_and_go(desk: Desk) -> None:
    desk.open("r1")
    happens(desk, Renamed(chat="r1", seq=1, ts=0, sender="bob", name="hall"))
    happens(desk, Member(chat="r1", seq=2, ts=5, sender="bob", user="alice", change="role", role="admin"))
    assert (lobby(desk).label, lobby(desk).role, lobby(desk).active_ts) == ("hall", "admin", 5)
    happens(desk, ChatGone("r1"))
    assert desk.current is None
    assert "hall" in desk.news.pop().text
    happens(desk, said("r1", 3, "bob", "nobody hears", 0))
    assert "r1" not in desk.chats


def test_the_line_above_what_is_new_stands_where_reading_ended(desk: Desk) -> None:
    happens(desk, said("r1", 1, "bob", "old", 0))
    lobby(desk).seen(1)
    happens(desk, said("r1", 2, "bob", "new", 0))
    desk.open("r1")
    assert lobby(desk).new_after == 1
    desk.attentive = True
    happens(desk, said("r1", 3, "bob", "seen at once", 0))
    assert lobby(desk).new_after == 1
    happens(desk, said("r1", 4, "alice", "answered", 0))
    assert lobby(desk).new_after is None
    happens(desk, said("r1", 5, "bob", "before my eyes", 0))
    assert lobby(desk).new_after is None
    desk.open("p1")
    assert lobby(desk).new_after is None


def test_a_reset_drops_what_is_here(desk: Desk) -> None:
    happens(desk, said("r1", 1, "bob", "old", 0), Reset("r1", 0))
    assert (len(lobby(desk).log), lobby(desk).log.first, lobby(desk).log.whole) == (0, None, False)


def test_people(desk: Desk) -> None:
    happens(desk, Friend(user="carol", change="requested"))
    assert desk.people.incoming == ["carol"]
    assert "carol wants to be your friend" in desk.news[-1].text
    happens(desk, Friend(user="carol", change="accepted"))
    assert (desk.people.incoming, desk.people.friends) == ([], ["carol"])
    happens(desk, Friend(user="carol", change="removed"), Presence(user="bob", online=True))
    assert desk.people.friends == []
    assert (desk.people.online("bob"), desk.people.online("carol")) == (True, None)
    desk.people.blocked.append("mallory")
    happens(desk, Typing(chat="r1", user="mallory", on=True))
    assert lobby(desk).typists(NOON) == []


def test_what_happened_meanwhile_is_told(desk: Desk) -> None:
    happens(desk, CaughtUp(3, complete=True), CaughtUp(0, complete=True), CaughtUp(0, complete=False))
    assert [news.bad for news in desk.news] == [False, True]
    assert "3 new entries" in desk.news[0].text
    lobby(desk).pending.append(Pending("m1", "too late", NOON))
    happens(desk, NotDelivered("m1", "r1", "too late", "muted", "you are muted"))
    assert lobby(desk).pending[0].trouble == "you are muted"
    assert desk.news[-1].bad


def test_what_an_earlier_start_left_is_on_its_way_again(desk: Desk) -> None:
    left = [
        Send(msg_id="a", msg_type="group", to="r1", content="to a room"),
        Send(msg_id="b", msg_type="private", to="bob", content="to a person"),
        Send(msg_id="c", msg_type="group", to="gone", content="to nobody"),
    ]
    desk.expect(left, NOON)
    desk.expect(left, NOON)
    assert [[each.msg_id for each in chat.pending] for chat in desk.chats.values()] == [["a"], ["b"]]


def test_where_something_happened_last_comes_first(desk: Desk) -> None:
    happens(desk, said("p1", 1, "bob", "psst", 1, msg_type="private"))
    assert [chat.id for chat in desk.by_activity()] == ["p1", "r1"]
    happens(desk, joined("r1", 1, "alice", 2))
    assert [chat.id for chat in desk.by_activity()] == ["r1", "p1"]
