"""Two nodes on one database: what is exact in one process is exact in many, whatever each holds in memory."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import select
from tests.ports.conftest import Make, on_database

from hubbub.model import commands as c
from hubbub.model.entries import Message
from hubbub.model.errors import Refused
from hubbub.model.ids import private_chat
from hubbub.model.ports import Bounds
from hubbub.model.replies import Sent
from hubbub.persist.batch import lock
from hubbub.persist.engine import Database
from hubbub.persist.heads import Heads
from hubbub.persist.outbox import LEASE_MS, Outbox
from hubbub.persist.tables import SENT, members, outbox
from hubbub.push.catch_up import OVERLAP_MS
from hubbub.testing.embedded import EmbeddedPlace, embedded_place

Nodes = tuple[EmbeddedPlace, EmbeddedPlace]


def message(room: str, msg_id: str, content: str = "hello") -> dict[str, object]:
    return {"msg_type": "group", "to": room, "content": content, "msg_id": msg_id}


def codes(answers: Sequence[object]) -> list[str]:
    return [each.code.value if isinstance(each, Refused) else "done" for each in answers]


async def test_both_write_into_one_chat_and_no_number_is_given_twice(nodes: Nodes) -> None:
    room = await nodes[0].room("alice", "bob")
    asked = [
        node.ask(user, c.Send, **message(room, f"{user}{number}"))
        for number in range(30)
        for node, user in zip(nodes, ("alice", "bob"), strict=True)
    ]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.seq for answer in answers) == list(range(3, 63))
    stored = await nodes[1].transcript(room)
    assert [entry.seq for entry in stored] == list(range(1, 63))
    assert {(e.seq, e.msg_id) for e in stored if isinstance(e, Message)} == {
        (answer.seq, answer.msg_id) for answer in answers
    }


async def test_the_same_message_on_two_nodes_at_once_is_one_message(nodes: Nodes) -> None:
    room = await nodes[0].room("alice")
    for number in range(10):
        answers = await asyncio.gather(
            *(n.ask("alice", c.Send, **message(room, f"m{number}")) for n in nodes)
        )
        assert answers[0].seq == answers[1].seq
        assert sorted(answer.duplicate for answer in answers) == [False, True]


async def test_one_msg_id_for_two_chats_on_two_nodes_at_once_is_a_conflict_for_one(nodes: Nodes) -> None:
    rooms = [await nodes[0].room("alice") for _ in nodes]
    for number in range(10):
        answers = await asyncio.gather(
            *(
                node.ask("alice", c.Send, **message(room, f"m{number}"))
                for node, room in zip(nodes, rooms, strict=True)
            ),
            return_exceptions=True,
        )
        assert sorted(codes(answers)) == ["conflict", "done"]


async def test_two_people_who_ask_each_other_on_two_nodes_at_once_have_one_chat(nodes: Nodes) -> None:
    await asyncio.gather(
        nodes[0].ask("alice", c.Befriend, user="bob"), nodes[1].ask("bob", c.Befriend, user="alice")
    )
    for node in nodes:
        assert (await node.people.relations("alice")).friends == ["bob"]
        (chat,) = await node.chats.of_user("alice")
        assert (chat.id, sorted(chat.members)) == (private_chat("alice", "bob"), ["alice", "bob"])


async def test_whom_another_node_kicked_cannot_write_although_this_one_remembers_them(nodes: Nodes) -> None:
    room = await nodes[0].room("alice", "bob")
    held = await nodes[1].chats.load(room)
    assert held is not None
    await nodes[0].ask("alice", c.Kick, chat=room, user="bob")
    assert held.member("bob") is not None
    assert await nodes[1].refused("bob", c.Send, **message(room, "m")) == "not_a_member"
    assert held.member("bob") is None


@pytest.mark.parametrize("heard", [False, True])
async def test_what_waits_on_one_node_is_not_stored_after_its_retry_was_refused_on_another(
    nodes: Nodes, heard: bool
) -> None:
    """Whether this node has heard meanwhile that Bob was kicked and is back, or not."""
    room = await nodes[0].room("alice", "bob")
    waiting = await nodes[1].proposal("bob", c.Send, **message(room, "m"))
    await nodes[0].ask("alice", c.Kick, chat=room, user="bob")
    assert await nodes[0].refused("bob", c.Send, **message(room, "m")) == "not_a_member"
    await nodes[0].ask("bob", c.Join, chat=room)
    if heard:
        nodes[1].store.outdated(room)
        await nodes[1].store.load(room)
    with pytest.raises(Refused, match="unavailable"):
        await nodes[1].dispatcher.commit(waiting)
    assert not [entry for entry in await nodes[0].transcript(room) if isinstance(entry, Message)]


async def test_who_came_back_on_another_node_is_told_to_ask_again_and_is_heard_then(nodes: Nodes) -> None:
    """This node checked a membership that is no more; that there is another one since it learns with the first attempt."""
    room = await nodes[0].room("alice", "bob")
    await nodes[1].chats.load(room)
    await nodes[0].ask("bob", c.Leave, chat=room)
    await nodes[0].ask("bob", c.Join, chat=room)
    assert await nodes[1].refused("bob", c.Send, **message(room, "m")) == "unavailable"
    assert (await nodes[1].ask("bob", c.Send, **message(room, "m"))).seq == 5


async def test_what_no_retry_can_name_is_done_by_what_is_allowed_now(nodes: Nodes) -> None:
    """Without a `msg_id` nobody can have been refused the same: a mute on another node keeps nobody from leaving here."""
    room = await nodes[0].room("alice", "bob")
    await nodes[1].chats.load(room)
    await nodes[0].ask("alice", c.Mute, chat=room, user="bob", until=2**50)
    assert (await nodes[1].ask("bob", c.Leave, chat=room)).seq == 4


async def test_who_was_muted_on_another_node_can_leave_this_one_at_once(nodes: Nodes) -> None:
    room = await nodes[0].room("alice", "bob")
    await nodes[1].chats.load(room)
    await nodes[0].ask("alice", c.Mute, chat=room, user="bob", until=2**50)
    await nodes[1].ask("bob", c.Leave, chat=room, msg_id="l")
    await nodes[1].ask("bob", c.Join, chat=room, msg_id="j")
    assert await nodes[1].refused("bob", c.Send, **message(room, "m")) == "muted"


async def test_who_was_blocked_on_another_node_is_a_stranger_here(nodes: Nodes) -> None:
    await nodes[0].befriend("alice", "bob")
    hello = {"msg_type": "private", "content": "hi"}
    await nodes[1].ask("bob", c.Send, to="alice", msg_id="1", **hello)
    await nodes[0].ask("alice", c.Block, user="bob")
    assert await nodes[1].refused("bob", c.Send, to="alice", msg_id="2", **hello) == "not_friends"


async def test_an_invitation_needs_the_friendship_as_it_is_now(nodes: Nodes) -> None:
    """The friendship is a fact of another chat than the room: this node remembers it, the other one has ended it."""
    await nodes[0].befriend("alice", "bob")
    room = await nodes[1].room("alice")
    assert await nodes[1].chats.of_user("alice")
    await nodes[0].ask("bob", c.Unfriend, user="alice")
    assert await nodes[1].refused("alice", c.Invite, chat=room, user="bob") == "not_friends"


async def test_nobody_is_in_more_rooms_than_the_setting_says_however_many_nodes_they_ask(
    make_store: Make, tmp_path: Path
) -> None:
    bounds = Bounds(rooms_per_user=3)
    async with on_database(make_store, tmp_path) as one, embedded_place(Database(one.database.url)) as other:
        rooms = [await one.room("bob") for _ in range(8)]
        for node in (one, other):
            node.dispatcher.desk = replace(node.desk, bounds=bounds)
        asked = [
            node.ask("alice", c.Join, chat=room) for node, room in zip((one, other) * 4, rooms, strict=True)
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert sorted(codes(answers)) == ["done"] * 3 + ["forbidden"] * 5
        assert len(await one.chats.of_user("alice")) == 3


async def test_what_waited_long_for_its_turn_is_found_by_whoever_looks_for_what_changed_lately(
    nodes: Nodes,
) -> None:
    """Stamped before it waited, it would be older than the comparisons of the other nodes look back."""
    room = await nodes[0].room("alice", "bob")
    gauge, clock = nodes[1].database.gauge, nodes[1].clock
    async with nodes[0].database.writing() as lane:
        await lane.run_sync(lock, [room])
        asking = asyncio.create_task(nodes[1].ask("bob", c.Send, **message(room, "m")))
        while not gauge.in_use and not gauge.waiting:
            await asyncio.sleep(0.01)
        clock.advance(2 * OVERLAP_MS)
    sent = await asking
    assert sent.ts == clock.now
    assert [head.head for head in await Heads(nodes[0].database).changed(clock.now - OVERLAP_MS)] == [
        sent.seq
    ]


async def test_a_list_of_chats_is_current_whatever_this_node_remembers(nodes: Nodes) -> None:
    room = await nodes[0].room("alice")
    stale = await nodes[1].chats.load(room)
    assert stale is not None
    await nodes[0].ask("bob", c.Join, chat=room)
    await nodes[0].ask("bob", c.Send, **message(room, "m"))
    assert await nodes[1].chats.of_user("bob") == [stale]
    assert (stale.head, sorted(stale.members)) == (3, ["alice", "bob"])


async def test_how_far_somebody_read_on_another_node_is_known_where_they_come_next(nodes: Nodes) -> None:
    room = await nodes[0].room("alice", "bob")
    for number in range(3):
        await nodes[0].ask("alice", c.Send, **message(room, f"m{number}"))
    await nodes[1].chats.of_user("bob")
    await nodes[0].ask("bob", c.Read, chat=room, seq=4)
    await nodes[0].moved.write(nodes[0].clock())
    (chat,) = await nodes[1].chats.of_user("bob")
    assert (chat.members["bob"].read, chat.members["bob"].read_ordinal) == (4, 2)


async def test_a_node_that_is_behind_does_not_pull_a_cursor_back(nodes: Nodes) -> None:
    room = await nodes[0].room("alice", "bob")
    for number in range(3):
        await nodes[0].ask("alice", c.Send, **message(room, f"m{number}"))
    await nodes[1].chats.of_user("bob")
    await nodes[1].ask("bob", c.Read, chat=room, seq=3)
    await nodes[0].ask("bob", c.Read, chat=room, seq=5)
    for node in nodes:
        await node.moved.write(node.clock())
    async with nodes[0].database.reading() as lane:
        asked = select(members.c.received, members.c.read, members.c.read_ordinal).where(
            members.c.user == "bob"
        )
        assert tuple((await lane.execute(asked)).first()) == (5, 5, 3)


async def test_last_seen_only_rises(nodes: Nodes) -> None:
    await nodes[0].people.were_here({"alice": 20, "bob": 10})  # type: ignore[attr-defined]
    await nodes[1].people.were_here({"alice": 10, "bob": 30})  # type: ignore[attr-defined]
    assert await nodes[0].people.last_seen(["alice", "bob", "carol"]) == {"alice": 20, "bob": 30}


async def test_many_batches_that_meet_in_many_chats_are_all_made(nodes: Nodes) -> None:
    """Each node's transactions lock several head rows and raise cursors meanwhile; where they meet, one is made again."""
    rooms = [await nodes[0].room("alice", "bob") for _ in range(5)]

    async def talk(node: EmbeddedPlace, user: str) -> list[Sent]:
        answers: list[Sent] = []
        for number in range(8):
            batch = [node.ask(user, c.Send, **message(room, f"{number}{room}")) for room in rooms]
            answers += await asyncio.gather(*batch)
            await node.moved.write(node.clock())
        return answers

    answers = await asyncio.gather(talk(nodes[0], "alice"), talk(nodes[1], "bob"))
    for room in rooms:
        given = sorted(each.seq for part in answers for each in part if each.chat == room)
        assert given == list(range(3, 19))


# ── the outbox ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_dead_node_left_is_claimed_by_one_of_the_others(nodes: Nodes) -> None:
    rooms = [await nodes[0].room("alice", "bob") for _ in range(6)]
    later = nodes[0].clock.advance(2_000)
    claimed = await asyncio.gather(*(Outbox(node.database).left_behind(later) for node in nodes))
    assert sorted(claimed[0] + claimed[1]) == sorted((room, 1, 2) for room in rooms)


async def test_who_claimed_and_died_is_followed_by_the_next(nodes: Nodes) -> None:
    room = await nodes[0].room("alice")
    later = nodes[0].clock.advance(2_000)
    dead, heir = (Outbox(node.database) for node in nodes)
    assert await dead.left_behind(later) == [(room, 1, 1)]
    assert await heir.left_behind(later + LEASE_MS - 1) == []
    assert await heir.left_behind(later + LEASE_MS) == [(room, 1, 1)]
    assert (heir.claimed, heir.reclaimed, heir.pending) == (1, 1, 1)
    heir.sent([(room, 1, 1)])
    await heir.flush()
    async with nodes[0].database.reading() as lane:
        rows = (await lane.execute(select(outbox.c.state, outbox.c.attempts))).all()
    assert [tuple(row) for row in rows] == [(SENT, 2)]


async def test_a_chat_is_claimed_as_a_whole_so_that_nothing_overtakes(nodes: Nodes) -> None:
    room = await nodes[0].room("alice")
    first = nodes[0].clock.advance(2_000)
    dead, other = (Outbox(node.database) for node in nodes)
    assert await dead.left_behind(first) == [(room, 1, 1)]
    await nodes[0].ask("alice", c.Send, **message(room, "m"))
    later = nodes[0].clock.advance(2_000)
    assert await other.left_behind(later) == []
    assert await other.left_behind(first + LEASE_MS) == [(room, 1, 2)]


@pytest.mark.parametrize("count", [0, 1, 700])
async def test_any_number_of_rows_travels_in_one_statement(nodes: Nodes, count: int) -> None:
    """Marks, claims and deletions of nothing, of one row, and of more than a batch."""
    room = await nodes[0].room("alice")
    await asyncio.gather(
        *(
            nodes[0].ask("alice", c.Send, **message(room, f"m{number}", "é\u2028\\'\"%s"))
            for number in range(count)
        )
    )
    mine = nodes[0].outbox
    mine.sent([(room, 1, count + 1)])
    await mine.flush()
    assert await mine.purge(nodes[0].clock() + 1) == count + 1
    kept = [entry.content for entry in await nodes[1].transcript(room) if isinstance(entry, Message)]
    assert kept == ["é\u2028\\'\"%s"] * count
