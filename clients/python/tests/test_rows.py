"""The lists: what can be chosen, by whom."""

import pytest
from clients.python.tests.scene import NOON, furnish, private, room, said

from hubbub_client.events import ChatAdded, Friend, StateChanged, Status
from hubbub_client.terminal.app.verbs import VERBS
from hubbub_client.terminal.desk import going, message_rows, people_rows, room_rows, status
from hubbub_client.terminal.desk.choices import Row
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.desk.reactions import react


@pytest.fixture
def desk() -> Desk:
    desk = Desk("alice")
    furnish(desk)
    return desk


def texts(rows: list[Row]) -> list[str]:
    return [row.text for row in rows if row.choices]


def verbs_of(rows: list[Row], text: str) -> list[str]:
    return [choice.verb for row in rows if row.text.startswith(text) for choice in row.choices]


def test_chats_are_found_by_the_beginning_of_their_name_first(desk: Desk) -> None:
    assert texts(going.switch_rows(desk, ""))[0] == "bob"
    assert texts(going.switch_rows(desk, "a room"))[0] == "a room with a very long name indeed"
    assert texts(going.switch_rows(desk, "ra"))[:1] == ["random"]
    unknown = going.switch_rows(desk, "@zoe")
    assert verbs_of(unknown, "Ask @zoe") == ["befriend"]


def test_badges(desk: Desk) -> None:
    notes = {row.text: (row.mark, row.note) for row in going.chat_rows(desk)}
    assert notes["random"] == ("#", "@2")
    assert notes["bob"] == ("●", "1")
    assert notes["dave"] == ("○", "")


def test_search_finds_every_word_and_nothing_of_the_blocked(desk: Desk) -> None:
    assert texts(going.search_rows(desk, "TUESDAY then", NOON)) == ["carol: Then Tuesday it is."]
    desk.people.blocked.append("carol")
    assert texts(going.search_rows(desk, "then", NOON)) == []


def test_people(desk: Desk) -> None:
    react(desk, Friend(user="grace", change="requested"), NOON)
    rows = people_rows.people_rows(desk, "", NOON)
    assert texts(rows) == ["grace", "bob", "dave", "frank", "mallory"]
    assert verbs_of(rows, "grace") == ["accept", "decline", "block"]
    assert verbs_of(rows, "mallory") == ["unblock"]
    assert verbs_of(people_rows.people_rows(desk, "zoe", NOON), "Ask @zoe") == ["befriend", "block"]
    assert texts(people_rows.people_rows(desk, "alice", NOON)) == []


def test_the_directory(desk: Desk) -> None:
    rows = room_rows.directory_rows(desk, "")
    assert verbs_of(rows, "launch") == ["open"]
    assert verbs_of(rows, "chess") == ["join"]
    made = room_rows.directory_rows(desk, "new one")
    assert [row.choices[0].args for row in made if row.choices] == [("new one", 1), ("new one", 0)]


@pytest.mark.parametrize(
    ("role", "about_bob", "about_carol"),
    [
        ("owner", ["talk", "mute_how_long", "kick", "ban", "role_for"], ["befriend", "mute_how_long", "kick", "ban", "role_for"]),
        ("admin", ["talk"], ["befriend", "mute_how_long", "kick", "ban"]),
        ("member", ["talk"], ["befriend"]),
    ],
)  # fmt: skip
def test_nobody_acts_on_an_equal_or_higher_role(
    desk: Desk, role: str, about_bob: list[str], about_carol: list[str]
) -> None:
    chat = desk.chats["r1"]
    chat.promote(role)
    rows = room_rows.member_rows(desk, chat, "", NOON)
    assert verbs_of(rows, "bob") == about_bob
    assert verbs_of(rows, "carol") == about_carol
    assert verbs_of(rows, "alice (you)") == []
    assert ("Rename this room" in texts(rows)) is (role != "member")


def test_invitations_go_to_friends_who_are_not_here(desk: Desk) -> None:
    assert texts(room_rows.invite_rows(desk, desk.chats["r1"], "")) == ["dave"]
    desk.chats["r2"].summary = room("r2", "random", public=False)
    assert "Invite a friend" not in texts(room_rows.member_rows(desk, desk.chats["r2"], "", NOON))


def test_what_can_be_done_about_a_message(desk: Desk) -> None:
    chat = desk.chats["r1"]
    assert texts(message_rows.message_rows(chat, 10, "alice")) == [
        "Reply",
        "React",
        "Edit",
        "Delete for everybody",
    ]
    assert texts(message_rows.message_rows(chat, 8, "alice")) == ["Reply", "React", "Delete for everybody"]
    chat.promote("member")
    assert texts(message_rows.message_rows(chat, 8, "alice")) == ["Reply", "React"]
    rows = message_rows.emoji_rows(chat, 8, "")
    assert [(row.text, row.note) for row in rows[:2]] == [("🎉", "2"), ("🚀", "1, yours")]
    assert texts(message_rows.emoji_rows(chat, 8, "🦆")) == ["🦆"]


def test_every_choice_has_a_verb_in_the_table(desk: Desk) -> None:
    react(desk, Friend(user="grace", change="requested"), NOON)
    chat, direct = desk.chats["r1"], desk.chats["p1"]
    lists = [
        going.switch_rows(desk, "x"), going.search_rows(desk, "tuesday", NOON), people_rows.people_rows(desk, "", NOON),
        people_rows.people_rows(desk, "x", NOON), room_rows.directory_rows(desk, "x"),
        room_rows.member_rows(desk, chat, "", NOON), room_rows.member_rows(desk, direct, "", NOON),
        room_rows.mute_rows("r1", "bob"), room_rows.role_rows("r1", "bob"), room_rows.invite_rows(desk, chat, ""),
        message_rows.message_rows(chat, 10, "alice"), message_rows.emoji_rows(chat, 10, ""),
    ]  # fmt: skip
    chosen = {choice.verb for rows in lists for row in rows for choice in row.choices}
    assert chosen <= set(VERBS)
    assert all(choice.sure for rows in lists for row in rows for choice in row.choices if choice.verb in (
        "leave", "kick", "ban", "unfriend", "block", "delete") and row.text != "frank")  # fmt: skip


def test_the_banner_tells_the_truth(desk: Desk) -> None:
    assert status.banner(desk, NOON) is None
    react(desk, StateChanged(Status.DISCONNECTED, "it broke off", 6.2), NOON)
    lost = status.banner(desk, NOON + 2_000)
    assert lost is not None
    assert lost.text.startswith("Connection lost (it broke off): again in 5 s.")
    react(desk, StateChanged(Status.CONNECTING), NOON)
    assert status.banner(desk, NOON) == status.Banner("Connecting again …")
    react(desk, StateChanged(Status.DISCONNECTED, "the session was ended: log in again", code=4501), NOON)
    ended = status.banner(desk, NOON)
    assert ended is not None
    assert ended.final
    assert ended.log_in


def test_lines_around(desk: Desk) -> None:
    assert status.title(desk, desk.chats["p2"], NOON) == ("@dave", "last seen 09:00")
    desk.people.blocked.append("dave")
    assert status.title(desk, desk.chats["p2"], NOON)[1] == "blocked by you"
    chat = desk.chats["r1"]
    assert status.typing_line(chat, NOON) == "bob is typing …"
    chat.typing |= {"carol": NOON + 1, "dave": NOON + 1}
    assert status.typing_line(chat, NOON) == "bob, carol, dave are typing …"
    chat.typing["erin"] = NOON + 1
    assert status.typing_line(chat, NOON) == "4 people are typing …"
    assert status.typing_line(None, NOON) == ""


def test_names_of_others_stay_on_their_line(desk: Desk) -> None:
    react(desk, ChatAdded(room("r7", "two\nlines\x1b[2J")), NOON)
    react(desk, ChatAdded(private("p7", "mal\u202elory")), NOON)
    react(desk, said("r7", 1, "x\ny", "hello\nthere", 0), NOON)
    rows = going.chat_rows(desk) + going.search_rows(desk, "hello", NOON)
    assert not [row for row in rows if set("\n\x1b\u202e") & set(row.text + row.note)]
