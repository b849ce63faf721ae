"""PENDING → SENT → ACKED: what is on the bus is marked, what a crash left is found, what was delivered is known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hubbub.model import commands as c
from hubbub.persist import outbox as outbox_module
from hubbub.persist.cursors import Reach
from hubbub.persist.outbox import Outbox
from hubbub.persist.tables import ACKED, PENDING, SENT, outbox
from hubbub.publish.relay import LEFT_BEHIND_MS, Relay
from hubbub.testing.embedded import EmbeddedPlace


@pytest.fixture
async def room(place: EmbeddedPlace) -> str:
    """alice made it, bob joined: entries 1 and 2."""
    return await place.room("alice", "bob")


async def say(place: EmbeddedPlace, room: str, *users: str) -> None:
    for user in users:
        number = len(await place.transcript(room))
        await place.ask(user, c.Send, msg_type="group", to=room, content="hi", msg_id=f"m{number}")


async def states(place: EmbeddedPlace, room: str) -> list[int]:
    query = select(outbox.c.state).where(outbox.c.chat == room).order_by(outbox.c.seq)
    async with place.database.reading() as lane:
        return [row[0] for row in await lane.execute(query)]


async def test_what_is_on_the_bus_is_marked_with_the_next_transaction(
    place: EmbeddedPlace, room: str
) -> None:
    await say(place, room, "alice", "alice")
    assert await states(place, room) == [PENDING] * 4
    place.outbox.sent([(room, 1, 2), (room, 4, 4)])
    await say(place, room, "bob")
    assert await states(place, room) == [SENT, SENT, PENDING, SENT, PENDING]


async def test_what_is_on_the_bus_is_marked_when_nothing_else_happens(
    place: EmbeddedPlace, room: str
) -> None:
    place.outbox.sent([(room, 1, 2)])
    await place.outbox.flush()
    assert await states(place, room) == [SENT, SENT]


async def test_marks_go_where_they_belong_and_never_back(place: EmbeddedPlace, room: str) -> None:
    other = await place.room("alice")
    await acknowledge(place, room, "bob", 1)
    place.outbox.sent([(room, 1, 1)])
    await place.outbox.flush()
    assert await states(place, room) == [ACKED, PENDING]
    assert await states(place, other) == [PENDING]


async def acknowledge(place: EmbeddedPlace, room: str, user: str, upto: int) -> None:
    async with place.database.writing() as lane:
        await lane.run_sync(outbox_module.acknowledge, [(room, user, 0, upto)], place.clock())


async def test_what_a_crash_left_pending_is_found_by_chat_when_it_is_old_enough(
    place: EmbeddedPlace, room: str
) -> None:
    await say(place, room, "alice", "bob")
    place.outbox.sent([(room, 1, 2)])
    await place.outbox.flush()
    other = await place.room("bob")
    now = place.clock()
    assert await place.outbox.left_behind(now) == []
    assert sorted(await place.outbox.left_behind(now + 1)) == sorted([(room, 3, 4), (other, 1, 1)])


async def test_the_relay_announces_what_was_left_behind_once(place: EmbeddedPlace, room: str) -> None:
    """A node died after the commit and before the bus; the next one finds it."""
    await say(place, room, "alice")
    hints: list[tuple[str, int]] = []
    rows = Outbox(place.database)
    relay = Relay(list, rows, lambda chat, head: hints.append((chat, head)))
    now = place.clock.advance(LEFT_BEHIND_MS + 1)
    assert await relay.recover(now) == 1
    assert hints == [(room, 3)]
    assert await relay.recover(now) == 0
    assert await states(place, room) == [SENT] * 3


async def test_the_relay_publishes_first_and_marks_afterwards(place: EmbeddedPlace, room: str) -> None:
    heard: list[object] = []
    relay = Relay(heard.extend, place.outbox, lambda *_: None)
    relay.publish(place.published)
    assert heard == place.published
    await place.outbox.flush()
    assert await states(place, room) == [SENT, SENT]


async def test_old_rows_go_but_never_pending_ones(place: EmbeddedPlace, room: str) -> None:
    await say(place, room, "alice", "alice")
    place.outbox.sent([(room, 1, 3)])
    await place.outbox.flush()
    assert await place.outbox.purge(place.clock()) == 0
    assert await place.outbox.purge(place.clock() + 1) == 3
    assert await place.outbox.purge(place.clock() + 1) == 0
    assert await states(place, room) == [PENDING]


async def test_marks_that_could_not_be_written_are_written_later(place: EmbeddedPlace, room: str) -> None:
    """The rows stay PENDING and are found like those a crash left."""
    place.outbox.sent([(room, 1, 2)])
    async with place.database.writing() as lane:
        await lane.run_sync(
            lambda connection: connection.exec_driver_sql("ALTER TABLE outbox RENAME TO hidden")
        )
    assert await place.refused("alice", c.Rename, chat=room, name="Tea") == "unavailable"
    async with place.database.writing() as lane:
        await lane.run_sync(
            lambda connection: connection.exec_driver_sql("ALTER TABLE hidden RENAME TO outbox")
        )
    await place.outbox.flush()
    place.outbox.sent(await place.outbox.left_behind(place.clock() + 1))
    await place.outbox.flush()
    assert await states(place, room) == [SENT, SENT]


# ── delivered ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def confirm(place: EmbeddedPlace, room: str, user: str, seq: int) -> None:
    await place.ask(user, c.Received, chat=room, seq=seq)
    await place.moved.write(place.clock())


async def test_a_recipients_device_confirms_what_others_said(place: EmbeddedPlace, room: str) -> None:
    await say(place, room, "alice", "alice")
    await confirm(place, room, "bob", 3)
    assert await states(place, room) == [ACKED, PENDING, ACKED, PENDING]


async def test_nobody_confirms_their_own_but_the_next_one_does(place: EmbeddedPlace, room: str) -> None:
    """carol is ahead with alice's message; hers stays unconfirmed until somebody else has it."""
    await place.ask("carol", c.Join, chat=room)
    await say(place, room, "carol", "alice")
    await confirm(place, room, "carol", 5)
    assert (await states(place, room))[3:] == [PENDING, ACKED]
    await confirm(place, room, "bob", 4)
    assert (await states(place, room))[3:] == [ACKED, ACKED]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12)), max_size=20),
)
def test_an_entry_is_confirmed_as_soon_as_anybody_else_has_it(
    senders: list[str], confirmed: list[tuple[str, int]]
) -> None:
    """The two-place memory of a chat against the plain rule, row by row."""
    reach, acked, has = Reach(), set[int](), dict.fromkeys("abc", 0)
    for user, seen in confirmed:
        upto = min(seen, len(senders))
        if upto > reach.of(user):
            acked |= {seq for seq in range(reach.of(user) + 1, upto + 1) if senders[seq - 1] != user}
            reach.extend(user, upto)
        has[user] = max(has[user], upto)
    plain = {
        seq
        for seq, sender in enumerate(senders, 1)
        if any(has[user] >= seq for user in "abc" if user != sender)
    }
    assert acked == plain
