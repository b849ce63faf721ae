"""The outgoing side of one connection: joined while the peer keeps up, weighed and bounded while it does not."""

import asyncio
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.push.stage import Peer, Stage, seqs

from hubbub.push import hub as hub_module
from hubbub.push.mailbox import HIGH_WATER

BOUND, HIGH = 10_000, 1_000


@pytest.fixture
def stage() -> Stage:
    stage = Stage(bound=BOUND, high=HIGH)
    stage.chat("r1", "alice")
    stage.chat("r2", "alice")
    return stage


@pytest.fixture
def peer(stage: Stage) -> Peer:
    return stage.come("alice")


def test_what_is_put_in_one_turn_leaves_in_one_write(stage: Stage, peer: Peer) -> None:
    for number in range(5):
        peer.put(f"{number}".encode())
    stage.publish(stage.say("r1", 3), stage.say("r2", 2))
    stage.flush()
    assert peer.manual.writes == 1
    assert peer.manual.sent.startswith(b"01234")


def test_an_idle_mailbox_holds_nothing(stage: Stage, peer: Peer) -> None:
    peer.put(b"x")
    stage.flush()
    assert (peer.out, peer.missed, peer.waiter) == (None, None, None)


def stall(stage: Stage, peer: Peer) -> int:
    """Say things until the peer, who does not read, is stalled; how many were said."""
    peer.manual.stop_reading()
    said = 0
    while not peer.stalled:
        stage.publish(stage.say("r1", content="x" * 500))
        stage.flush()
        said += 1
    return said


def test_beyond_the_bound_pushes_are_dropped_and_nothing_is_read(stage: Stage, peer: Peer) -> None:
    stall(stage, peer)
    waiting = peer.backlog()
    assert HIGH < waiting <= BOUND
    assert not peer.manual.reading
    stage.publish(stage.say("r1"), stage.say("r2"))
    peer.offer(b"typing")
    stage.flush()
    assert peer.backlog() == waiting


def test_what_waits_is_counted_of_those_who_are_behind_and_of_nobody_else(stage: Stage, peer: Peer) -> None:
    other = stage.come("alice")
    stall(stage, peer)
    assert stage.flusher.pressed == {peer}
    assert stage.flusher.waiting_bytes == peer.backlog() > HIGH
    other.put(b"x")
    assert stage.flusher.waiting_bytes == peer.backlog()
    peer.manual.go_on_reading()
    stage.flush()
    assert stage.flusher.pressed == set()
    assert stage.flusher.waiting_bytes == 0


def test_who_has_drained_is_told_of_each_hole_once_and_goes_on(stage: Stage, peer: Peer) -> None:
    said = stall(stage, peer)
    stage.publish(stage.say("r2", 2), stage.say("r1", 3))
    stage.flush()
    peer.manual.go_on_reading()
    stage.flush()
    assert peer.manual.reading
    stage.publish(stage.say("r1"), stage.say("r2"))
    stage.flush()
    heard = peer.heard()
    before = [each for each in heard if each["chat"] == "r1" and each.get("seq", said) < said]
    assert seqs(before) == list(range(1, said))
    holes = {each["chat"]: (each["after"], each["next"]) for each in heard if each["type"] == "resync"}
    assert holes == {"r1": (said - 1, said + 4), "r2": (0, 3)}
    assert [(each["chat"], each["seq"]) for each in heard[-2:]] == [("r1", said + 4), ("r2", 3)]


def test_what_belongs_to_no_log_is_made_up_for_by_asking_again(stage: Stage, peer: Peer) -> None:
    stall(stage, peer)
    for _ in range(3):
        peer.offer(b"friend request\n")
    peer.manual.go_on_reading()
    stage.flush()
    assert [each for each in peer.heard() if each["type"] == "resync" and "chat" not in each] == [
        {"type": "resync"}
    ]


def test_replies_are_written_even_while_stalled(stage: Stage, peer: Peer) -> None:
    stall(stage, peer)
    peer.put(b'{"type":"reply"}\n')
    stage.flush()
    peer.manual.go_on_reading()
    assert peer.heard()[-1] == {"type": "reply"}


def test_a_peer_that_fills_up_again_while_its_hole_is_closed_is_still_weighed(
    stage: Stage, peer: Peer
) -> None:
    """The transport paused again between draining and the announcement; it says nothing until it is empty."""
    stall(stage, peer)
    peer.manual.read()
    peer.put(b"x" * (HIGH + 1))
    peer.flusher.sources, sources = [], peer.flusher.sources
    stage.flush()
    peer.flusher.sources = sources
    peer.manual.read(HIGH)
    stage.flush()
    assert peer.missed is None
    for _ in range(100):
        stage.publish(stage.say("r1", content="x" * 500))
        stage.flush()
    assert peer.backlog() <= BOUND


async def test_waiting_for_the_peer_ends_when_it_has_taken_everything(stage: Stage, peer: Peer) -> None:
    await peer.drained()
    peer.manual.stop_reading()
    peer.put(b"x" * 2 * HIGH_WATER)
    stage.flush()
    waits = asyncio.gather(peer.drained(), peer.drained())
    await asyncio.sleep(0)
    assert not waits.done()
    peer.manual.read(HIGH)
    await asyncio.sleep(0)
    assert not waits.done()
    peer.manual.read()
    await waits
    assert peer.waiter is None


async def test_who_gives_up_waiting_costs_the_others_nothing(stage: Stage, peer: Peer) -> None:
    peer.manual.stop_reading()
    peer.put(b"x" * 2 * HIGH_WATER)
    stage.flush()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await peer.drained()
    peer.manual.read()
    await peer.drained()


async def test_nobody_waits_for_a_transport_that_will_not_say_when_it_is_empty(
    stage: Stage, peer: Peer
) -> None:
    """While holes are being announced pushes are weighed, but the buffer is below its mark: it never resumes."""
    stall(stage, peer)
    peer.manual.read()
    peer.put(b"x")
    peer.flusher.sources, sources = [], peer.flusher.sources
    stage.flush()
    assert peer.pressed
    assert peer.backlog() == 1
    async with asyncio.timeout(60):
        await peer.drained()
    peer.flusher.sources = sources


def test_a_connection_lost_in_mid_flush_costs_the_others_nothing(stage: Stage, peer: Peer) -> None:
    other = stage.come("alice")
    peer.put(b"x")
    peer.manual.abort()
    stage.publish(stage.say("r1"))
    stage.flush()
    assert seqs(other.heard()) == [1]


def test_a_stalled_connection_costs_the_others_nothing(stage: Stage, peer: Peer) -> None:
    other = stage.come("alice")
    said = stall(stage, peer)
    assert seqs(other.heard()) == list(range(1, said + 1))


@given(
    st.lists(
        st.tuples(st.sampled_from(["push", "other", "read", "all", "flush"]), st.integers(1, 3_000)),
        max_size=80,
    )
)
def test_what_waits_never_passes_the_bound_by_more_than_what_was_not_weighed(
    steps: list[tuple[str, int]],
) -> None:
    stage = Stage(bound=BOUND, high=HIGH)
    stage.chat("r1", "alice")
    peer = stage.come("alice")
    peer.manual.stop_reading()
    for what, size in steps:
        if what == "push":
            stage.publish(stage.say("r1", content="x" * size))
        elif what == "other":
            peer.offer(b"x" * size)
        elif what == "read":
            peer.manual.read(size)
        elif what == "all":
            peer.manual.read()
        if what != "other":
            stage.flush()
        assert peer.manual.get_write_buffer_size() <= BOUND + HIGH + 3_200
        assert peer.manual.reading != peer.stalled
        assert peer.stalled <= peer.pressed
        assert peer.paused <= peer.pressed


# ── many chats, many who listen ─────────────────────────────────────────────────────────────────────────────────────


def test_what_several_large_chats_have_for_one_connection_leaves_in_one_write(stage: Stage) -> None:
    """They are served in slices, and in as many writes a connection as there are chats, if each slice were flushed alone."""
    users = [f"u{each}" for each in range(7)]
    for name in ("large", "larger", "largest"):
        stage.chat(name, *users)
    peers = [stage.come(user) for user in users]
    with patch.object(hub_module, "SLICE", 3):
        stage.publish(stage.say("large"), stage.say("larger", 2), stage.say("largest"))
        stage.flush()
    for peer in peers:
        assert [(each["chat"], each["seq"]) for each in peer.heard()] == [
            ("large", 1), ("larger", 1), ("larger", 2), ("largest", 1),
        ]  # fmt: skip
        assert peer.manual.writes == 1


def test_chats_of_different_people_share_the_turns_of_the_loop(stage: Stage) -> None:
    """A turn writes to twice a slice at most, and whoever had to wait comes first in the next."""
    peers = []
    for name in ("c1", "c2", "c3", "c4"):
        users = [f"{name}-{each}" for each in range(5)]
        stage.chat(name, *users)
        peers += [stage.come(user) for user in users]
    stage.publish(*(stage.say(name) for name in ("c1", "c2", "c3", "c4")))
    written = []
    with patch.object(hub_module, "SLICE", 3):
        while stage.flusher.scheduled:
            stage.flusher.scheduled = False
            stage.flusher.flush()
            written.append(sum(peer.manual.writes for peer in peers))
    assert all(later - before <= 2 * 3 for before, later in pairwise([0, *written]))
    assert [peer.manual.writes for peer in peers] == [1] * 20
