"""Typing, receipts and presence: how often the others are told, and who they are, with time in hand."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.push.stage import Peer, Stage

from hubbub.model.chats import PRIVATE, Chat, Member, Pair
from hubbub.model.replies import FriendPush
from hubbub.push import presence
from hubbub.push.presence import PresenceBoard
from hubbub.push.receipts import ReceiptBoard
from hubbub.push.roll_call import RollCall
from hubbub.push.typing import TypingBoard
from hubbub.runtime.spawn import Tasks
from hubbub.testing.memory import Memory, MemoryChats, MemoryPeople

NOW = 1_700_000_000_000


class Talk:
    """alice, bob and carol in one room, all connected."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.chat = self.stage.chat("r1", "alice", "bob", "carol")
        self.alice, self.bob, self.carol = (self.stage.come(user) for user in ("alice", "bob", "carol"))
        self.typing = TypingBoard(self.stage.hub, lambda *_: None, per_second=1, crowd=3)
        self.receipts = ReceiptBoard(self.stage.hub, crowd=3)

    def heard(self, peer: Peer, kind: str) -> list[dict[str, Any]]:
        self.stage.flush()
        return [envelope for envelope in peer.heard() if envelope["type"] == kind]

    def typed(self, peer: Peer) -> list[tuple[str, bool]]:
        return [(each["user"], each["on"]) for each in self.heard(peer, "typing")]


def test_what_somebody_here_is_told_of_friends_is_counted(talk: Talk) -> None:
    hub = talk.stage.hub
    for user in ("bob", "nobody-here"):
        hub.tell_of_friend(user, FriendPush(user="carol", change="requested"))
    assert [each["user"] for each in talk.heard(talk.bob, "friend")] == ["carol"]
    assert [hub.friend_pushes(user) for user in ("alice", "bob", "nobody-here")] == [0, 1, 0]


@pytest.fixture
def talk() -> Talk:
    return Talk()


# ── typing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_others_see_somebody_typing_at_once_the_typist_does_not(talk: Talk) -> None:
    talk.typing.say(talk.chat, "alice", on=True, now=NOW)
    assert talk.typed(talk.bob) == [("alice", True)]
    assert talk.typed(talk.alice) == []


def test_a_change_that_comes_too_soon_is_told_when_its_second_is_over(talk: Talk) -> None:
    talk.typing.say(talk.chat, "alice", on=True, now=NOW)
    talk.typing.say(talk.chat, "alice", on=False, now=NOW + 300)
    talk.typing.tick(NOW + 900)
    assert talk.typed(talk.bob) == [("alice", True)]
    talk.typing.tick(NOW + 1_000)
    assert talk.typed(talk.bob) == [("alice", False)]


def test_a_change_that_was_taken_back_is_not_told(talk: Talk) -> None:
    for on, at in ((True, 0), (False, 100), (True, 200)):
        talk.typing.say(talk.chat, "alice", on=on, now=NOW + at)
    talk.typing.tick(NOW + 1_500)
    assert talk.typed(talk.bob) == [("alice", True)]


def test_who_is_no_member_here_any_more_is_not_seen_typing_whatever_another_node_says(talk: Talk) -> None:
    del talk.chat.members["alice"]
    talk.typing.heard("r1", "alice", on=True)
    assert talk.typed(talk.bob) == []


def test_crowds_are_not_told_who_types_or_reads(talk: Talk) -> None:
    talk.chat.members["dave"] = Member()
    talk.typing.say(talk.chat, "alice", on=True, now=NOW)
    talk.receipts.moved(talk.chat, "alice", NOW)
    assert talk.typed(talk.bob) == []


@given(
    st.lists(st.tuples(st.sampled_from(["alice", "bob"]), st.booleans(), st.integers(0, 700)), max_size=40)
)
def test_nobody_is_told_more_than_once_a_second_and_all_know_the_end(
    said: list[tuple[str, bool, int]],
) -> None:
    talk, now, last = Talk(), NOW, dict[str, bool]()
    told: dict[str, list[tuple[int, bool]]] = {"alice": [], "bob": []}

    def listen() -> None:
        for user, on in talk.typed(talk.carol):
            told[user].append((now, on))

    for user, on, pause in said:
        now += pause
        talk.typing.tick(now)
        listen()
        talk.typing.say(talk.chat, user, on=on, now=now)
        listen()
        last[user] = on
    now += 1_000
    talk.typing.tick(now)
    listen()
    for user, on in last.items():
        times = [at for at, _ in told[user]]
        assert all(later - earlier >= 1_000 for earlier, later in pairwise(times))
        assert told[user][-1][1] == on
    talk.typing.tick(now + 10_000)
    assert not talk.typing._told


# ── receipts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(talk: Talk, user: str, seq: int, now: int) -> None:
    talk.chat.members[user].raise_to(seq, seq, seq)
    talk.receipts.moved(talk.chat, user, now)


def test_everybody_hears_how_far_somebody_has_read_their_own_devices_too(talk: Talk) -> None:
    read(talk, "alice", 3, NOW)
    expected = {"type": "receipt", "chat": "r1", "user": "alice", "received": 3, "read": 3}
    assert [talk.heard(peer, "receipt") for peer in (talk.alice, talk.bob)] == [[expected], [expected]]


def test_what_moves_within_a_second_is_merged(talk: Talk) -> None:
    for number in range(10):
        read(talk, "alice", number + 1, NOW + 50 * number)
    assert [each["read"] for each in talk.heard(talk.bob, "receipt")] == [1]
    talk.receipts.tick(NOW + 999)
    assert talk.heard(talk.bob, "receipt") == []
    talk.receipts.tick(NOW + 1_000)
    assert [each["read"] for each in talk.heard(talk.bob, "receipt")] == [10]
    talk.receipts.tick(NOW + 5_000)
    assert talk.heard(talk.bob, "receipt") == []
    assert not talk.receipts._told


def test_who_left_meanwhile_is_not_told_of(talk: Talk) -> None:
    read(talk, "bob", 1, NOW)
    read(talk, "alice", 2, NOW + 1)
    del talk.chat.members["alice"]
    talk.receipts.tick(NOW + 2_000)
    assert [each["user"] for each in talk.heard(talk.carol, "receipt")] == ["bob"]


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (Pair(friends=True), 2),
        (Pair(), 0),
        (Pair(open=True), 2),
        (Pair(open=True, blockers=frozenset({"bob"})), 0),
    ],
)
def test_in_private_only_those_who_may_talk_are_told(pair: Pair, told: int) -> None:
    stage = Stage()
    members = {"alice": Member(), "bob": Member()}
    chat = Chat(id="p", msg_type=PRIVATE, people=("alice", "bob"), members=members, pair=pair)
    stage.chats["p"], stage.logs["p"] = chat, []
    alice, bob = stage.come("alice"), stage.come("bob")
    members["alice"].raise_to(1, 1, 1)
    ReceiptBoard(stage.hub, crowd=3).moved(chat, "alice", NOW)
    TypingBoard(stage.hub, lambda *_: None, per_second=1, crowd=3).heard("p", "alice", on=True)
    stage.flush()
    assert (len(alice.heard()), len(bob.heard())) == (1, told)


# ── presence ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Town(Talk):
    """The same three with a presence board; dave is in a room of his own."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = memory = Memory()
        memory.chats = self.stage.chats
        memory.last_seen = {"bob": 77}
        self.stage.chat("r2", "dave")
        self.dave = self.stage.come("dave")
        self.gone: dict[str, int] = {}
        self.board = PresenceBoard(
            self.stage.hub,
            MemoryChats(memory),
            MemoryPeople(memory),
            crowd=3,
            linger_ms=30_000,
            gone=self.gone,
        )

    def news(self, peer: Peer) -> list[tuple[str, bool, int | None]]:
        return [(each["user"], each["online"], each["last_seen"]) for each in self.heard(peer, "presence")]


@pytest.fixture
def town() -> Town:
    return Town()


def test_fellows_are_told_who_came_strangers_and_oneself_are_not(town: Town) -> None:
    town.board.entered("alice")
    town.board.tick(NOW)
    assert [town.news(peer) for peer in (town.bob, town.alice, town.dave)] == [
        [("alice", True, None)],
        [],
        [],
    ]


def test_who_came_together_is_told_in_one_piece_to_each_of_them_but_of_themselves(town: Town) -> None:
    for user in ("alice", "bob"):
        town.board.entered(user)
    town.board.tick(NOW)
    written = town.carol.manual.writes
    assert town.news(town.carol) == [("alice", True, None), ("bob", True, None)]
    assert town.carol.manual.writes == written + 1
    assert (town.news(town.alice), town.news(town.bob)) == ([("bob", True, None)], [("alice", True, None)])


def test_who_shares_several_chats_is_told_once_and_of_a_chat_one_was_removed_from_nothing(town: Town) -> None:
    town.stage.hub.came(town.stage.chat("r3", "alice", "carol"), "alice", 0)
    town.board.entered("alice")
    town.board.tick(NOW)
    assert town.news(town.carol) == [("alice", True, None)]
    town.board.entered("bob")
    town.chat.members.pop("bob")
    town.board.tick(NOW + 1)
    assert town.news(town.carol) == []


def test_a_storm_is_told_a_chat_at_a_time_the_one_that_waits_longest_first(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "PER_TICK", 1)
    erin = town.stage.come("erin")
    town.stage.hub.came(town.stage.chat("r3", "dave", "erin"), "dave", 0)
    town.stage.hub.came(town.stage.chats["r3"], "erin", 0)
    for user in ("alice", "dave", "bob"):
        town.board.entered(user)
    town.board.tick(NOW)
    assert (len(town.news(town.carol)), town.news(erin)) == (2, [])
    town.board.tick(NOW + 1)
    assert town.news(erin) == [("dave", True, None)]


def test_a_second_connection_is_no_news_and_a_short_absence_neither(town: Town) -> None:
    for step in (town.board.entered, town.board.entered):
        step("alice")
        town.board.tick(NOW)
    town.board.left("alice", NOW)
    town.board.tick(NOW + 29_999)
    town.board.entered("alice")
    town.board.tick(NOW + 60_000)
    assert town.news(town.bob) == [("alice", True, None)]


def test_who_stays_away_is_offline_since_they_left(town: Town) -> None:
    town.board.entered("alice")
    town.board.tick(NOW)
    town.stage.go(town.alice)
    town.board.left("alice", NOW + 5)
    town.board.tick(NOW + 5 + 30_000)
    assert town.news(town.bob)[-1] == ("alice", False, NOW + 5)
    assert (town.gone, town.board.online("alice"), town.stage.hub.local("alice")) == (
        {"alice": NOW + 5},
        False,
        None,
    )


async def turns() -> None:
    """What was spawned has its end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_came_and_went_before_either_was_told_is_offline_to_the_others(town: Town) -> None:
    """Between nodes both are asked about first; telling that they came let go of the chats whose people hear that they went."""
    tasks = Tasks()
    alone = RollCall("n", lambda *_: None, tasks.spawn, lambda: True, 10)
    board = PresenceBoard(
        town.stage.hub, MemoryChats(town.memory), MemoryPeople(town.memory), crowd=3, linger_ms=0, gone={},
        whereabouts=alone, spawn=tasks.spawn,
    )  # fmt: skip
    board.entered("alice")
    await turns()
    town.stage.go(town.alice)
    board.left("alice", NOW)
    for later in range(2):
        board.tick(NOW + later)
        await turns()
    assert town.news(town.bob)[-1] == ("alice", False, NOW)
    assert town.stage.hub.local("alice") is None


async def test_a_listing_tells_of_fellows_and_of_strangers_nothing(town: Town) -> None:
    town.board.entered("alice")
    town.board.entered("dave")
    listed = await town.board.listing("carol", ["alice", "bob", "dave", "nobody"])
    assert [(each.user, each.online, each.last_seen) for each in listed] == [
        ("alice", True, None), ("bob", False, 77), ("dave", False, None), ("nobody", False, None),
    ]  # fmt: skip


async def test_who_just_left_was_last_seen_then(town: Town) -> None:
    town.board.entered("bob")
    town.board.left("bob", NOW)
    town.board.tick(NOW + 30_000)
    (listed,) = await town.board.listing("alice", ["bob"])
    assert (listed.online, listed.last_seen) == (False, NOW)
