"""Whoever reacted to a message that a gap brings sees the reaction as theirs."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest
from tests.unit.push.stage import Peer, Stage, StillFlusher, said

from hubbub.model import commands as c
from hubbub.model.entries import Reacted, Reaction
from hubbub.model.heads import Head
from hubbub.push import catch_up
from hubbub.push.hub import Hub
from hubbub.push.resume import describe
from hubbub.runtime.spawn import Tasks
from hubbub.testing.place import memory_place


def reacted(chat: str, user: str, emoji: str, *, on: bool = True) -> Reacted:
    return Reacted(chat=chat, sender=user, target=1, emoji=emoji, on=on, ts=1)


def test_a_gap_with_a_reacted_message_tells_each_who_reacted_and_nobody_else_that_it_was_them() -> None:
    """Found by the cluster test: the other device of who reacted was told `mine: false`."""
    stage = Stage()
    stage.chat("r1", "alice", "bob", "carol")
    alice, bob, carol = peers = [stage.come(user) for user in ("alice", "bob", "carol")]
    stage.commit("r1", said("r1"), reacted("r1", "alice", "👍"), reacted("r1", "bob", "👍"),
                 reacted("r1", "bob", "🎉"), reacted("r1", "bob", "🎉", on=False))  # fmt: skip
    message = stage.logs["r1"][0] = said("r1")
    message.seq, message.reactions, message.as_of = 1, {"👍": Reaction(count=2, mine=False)}, 5
    stage.compare()
    stage.compare()
    stage.flush()
    heard = {peer.user: peer.heard() for peer in peers}
    assert [[each["seq"] for each in told] for told in heard.values()] == [[1, 2, 3, 4, 5]] * 3
    assert {user: told[0]["reactions"] for user, told in heard.items()} == {
        alice.user: {"👍": {"count": 2, "mine": True}},
        bob.user: {"👍": {"count": 2, "mine": True}},
        carol.user: {"👍": {"count": 2, "mine": False}},
    }


class NoHeads:
    """Nothing changes by itself."""

    async def changed(self, since: int) -> list[Head]:
        return []

    async def joined(self, changed: Sequence[str], since: int) -> list[tuple[str, str, int]]:
        return []


async def test_reactions_far_behind_their_message_are_known_for_whose_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A gap is read in pieces; here each entry is a piece of its own."""
    monkeypatch.setattr(catch_up, "CHUNK", 1)
    place, flusher = memory_place("alice", "bob"), StillFlusher(outgoing_bytes=2**20, clock=lambda: 0)
    room = await place.room("alice", "bob")
    reading = catch_up.CatchUp(place.log, NoHeads(), place.chats, Tasks().spawn)
    hub = reading.hub = Hub(flusher, partial(describe, name_of=str), reading.fill)
    chat = await place.chats.load(room)
    assert chat is not None
    peers = {user: Peer(hub, flusher, user, high=65_536) for user in ("alice", "bob")}
    for user, peer in peers.items():
        local = hub.expect(user)
        channels = hub.settle(local, [chat])
        hub.enter(local, peer)
        hub.attach(channels[room], peer)
    sent = await place.ask("alice", c.Send, msg_type="group", to=room, content="hi", msg_id="m")
    for emoji in ("👍", "🎉"):
        last = await place.ask("bob", c.React, chat=room, seq=sent.seq, emoji=emoji, on=True)
    reading.behind(channels[room], last.seq)
    async with asyncio.timeout(60):
        while channels[room].position < last.seq:
            await asyncio.sleep(0)
            flusher.flush_all()
    flusher.flush_all()
    told = {
        user: [each for each in peer.heard() if each["type"] == "message"] for user, peer in peers.items()
    }
    assert {user: message["reactions"]["👍"] for user, (message,) in told.items()} == {
        "alice": {"count": 1, "mine": False},
        "bob": {"count": 1, "mine": True},
    }
