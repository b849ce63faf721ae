"""model.ports.Log with windows before it: it answers what the database would have answered, and asks it less."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import make_url
from tests.ports.conftest import Open
from tests.ports.requests import USERS, Asked

from hubbub.model import commands as c
from hubbub.model.entries import Message, Reaction
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.ports import Windows
from hubbub.operate.cluster.redis import Redis
from hubbub.persist import entries
from hubbub.persist.engine import Database
from hubbub.persist.recent import RedisWindows
from hubbub.persist.recent_log import RecentLog
from hubbub.persist.replicas import Replicas
from hubbub.persist.shared_state import SharedState
from hubbub.runtime.breaker import CLOSED, REST_MS
from hubbub.runtime.spawn import Tasks
from hubbub.testing.clock import ManualClock
from hubbub.testing.embedded import EmbeddedPlace, copied_store, embedded_place
from hubbub.testing.windows import MemoryWindows

SIZE = 5
LATEST = 2**53
epochs = (f"epoch{number}" for number in count())


def in_front_of(place: EmbeddedPlace, windows: Windows, tasks: Tasks) -> RecentLog:
    return RecentLog(place.log, place.database, Replicas(place.database), windows, SIZE, tasks.spawn)


@asynccontextmanager
async def windows_of(kind: str, redis: Redis) -> AsyncIterator[Windows]:
    if kind == "memory":
        yield MemoryWindows(SIZE)
        return
    state = SharedState(redis.url, "recent-log", ManualClock())
    yield RedisWindows(state, next(epochs), SIZE)
    await state.close()


@pytest.fixture
async def node(template: Path, tmp_path: Path) -> AsyncIterator[EmbeddedPlace]:
    async with embedded_place(copied_store(template, tmp_path), *USERS) as place:
        yield place


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    made = Tasks()
    yield made
    await made.stop()


@contextmanager
def counted(database: Database, table: str) -> Iterator[list[str]]:
    """The statements that read rows of a table, as the database gets them."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if f"FROM {table}" in statement:
            seen.append(statement)

    for engine in set(database.engines):
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in set(database.engines):
        event.remove(engine, "before_cursor_execute", note)


async def say(place: EmbeddedPlace, room: str, content: str) -> int:
    sent = await place.ask("alice", c.Send, msg_type="group", to=room, content=content, msg_id=content)
    seq: int = sent.seq
    return seq


READERS = ("alice", "bob", "carol")
seqs = st.integers(4, 12)  # after three have come, so that most of it is about messages
changes: st.SearchStrategy[Asked] = st.one_of(
    st.tuples(st.just("alice"), st.just(c.Send), st.just({})),
    st.tuples(st.just("alice"), st.just(c.Edit), st.fixed_dictionaries({"seq": seqs})),
    st.tuples(st.just("alice"), st.just(c.Delete), st.fixed_dictionaries({"seq": seqs})),
    st.tuples(
        st.sampled_from(READERS), st.just(c.React), st.fixed_dictionaries({"seq": seqs, "on": st.booleans()})
    ),
)
pages = st.tuples(st.integers(0, 20) | st.just(LATEST), st.integers(1, SIZE + 1), st.sampled_from(READERS))
steps = st.lists(st.tuples(changes, st.booleans(), pages), min_size=5, max_size=25)
Step = tuple[Asked, bool, tuple[int, int, str]]


@pytest.mark.parametrize("kind", ["memory", "redis"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_whatever_happened_the_answer_is_the_databases(
    stored: Open, redis: Redis, kind: str, steps: list[Step]
) -> None:
    """Messages, edits, deletions and reactions; some of it is never told to the windows."""
    tasks = Tasks()
    with tempfile.TemporaryDirectory() as folder:
        async with stored(Path(folder)) as place, windows_of(kind, redis) as windows:
            assert isinstance(place, EmbeddedPlace)
            log = in_front_of(place, windows, tasks)
            room = await place.room(*READERS)
            for number in range(SIZE):
                await say(place, room, f"before {number}")
            for number, (request, told, page) in enumerate(steps):
                known = len(place.published)
                await change(place, room, f"step {number}", request)
                if told:
                    log.committed(place.published[known:])
                for direction in ("before", "after"):
                    expected = await getattr(place.log, direction)(room, *page)
                    assert await getattr(log, direction)(room, *page) == expected
            await tasks.stop()


async def change(place: EmbeddedPlace, room: str, content: str, request: Asked) -> None:
    user, command, fields = request
    more = {c.Send: {"msg_type": "group", "to": room}, c.React: {"emoji": "👍"}}.get(command, {})
    about = {"content": content} if command in {c.Send, c.Edit} else {}
    target = {} if command is c.Send else {"chat": room}
    try:
        await place.ask(user, command, msg_id=content, **about, **target, **more, **fields)
    except Refused:
        place.clock.advance(1)


async def test_a_thousand_misses_at_once_are_one_query(node: EmbeddedPlace, tasks: Tasks) -> None:
    room = await node.room("alice", "bob")
    await say(node, room, "hello")
    log = in_front_of(node, MemoryWindows(SIZE), tasks)
    with counted(node.database, "entries") as pages, counted(node.database, "chats") as heads:
        pages_read = await asyncio.gather(*(log.before(room, LATEST, 3, "bob") for _ in range(1_000)))
    assert [len(pages), len(heads)] == [1, 1]
    assert all(page == pages_read[0] for page in pages_read)
    assert [entry.seq for entry in pages_read[0]] == [1, 2, 3]


async def test_who_asks_while_a_miss_is_read_asks_for_the_head_alone(
    node: EmbeddedPlace, tasks: Tasks
) -> None:
    """The one ahead may have looked before something that the later one was told of."""
    room = await node.room("alice", "bob")
    log = in_front_of(node, MemoryWindows(SIZE), tasks)
    with counted(node.database, "entries") as pages, counted(node.database, "chats") as heads:
        first = asyncio.ensure_future(log.before(room, LATEST, 3, "bob"))
        async with asyncio.timeout(60):
            while not heads:
                await asyncio.sleep(0)
        late = await asyncio.gather(*(log.before(room, LATEST, 3, "bob") for _ in range(1_000)))
        assert all(page == late[0] for page in [await first, *late])
    assert [len(pages), len(heads)] == [1, 2]
    assert (log.misses, log.hits) == (1, 1)


async def test_a_chat_without_entries_is_not_looked_for(node: EmbeddedPlace, tasks: Tasks) -> None:
    log = in_front_of(node, MemoryWindows(SIZE), tasks)
    with counted(node.database, "entries") as pages:
        assert await log.before("rnone", LATEST, 3, "bob") == []
        assert await log.after("rnone", 0, 3, "bob") == []
    assert pages == []


async def test_what_another_node_wrote_is_seen_whatever_this_one_heard(
    node: EmbeddedPlace, tasks: Tasks
) -> None:
    room = await node.room("alice", "bob")
    log = in_front_of(node, MemoryWindows(SIZE), tasks)
    seq = await say(node, room, "a secret")
    assert await log.after(room, 2, 10, "bob") == await node.log.after(room, 2, 10, "bob")
    await node.ask("alice", c.Delete, chat=room, seq=seq)
    (message, _) = await log.after(room, 2, 10, "bob")
    assert isinstance(message, Message)
    assert (message.content, message.deleted) == (None, True)


async def test_what_is_committed_here_is_found_without_a_query(node: EmbeddedPlace, tasks: Tasks) -> None:
    room = await node.room("alice", "bob")
    log = in_front_of(node, MemoryWindows(SIZE), tasks)
    await log.before(room, LATEST, 3, "bob")
    known = len(node.published)
    seq = await say(node, room, "hello")
    log.committed(node.published[known:])
    with counted(node.database, "entries") as pages:
        assert [entry.seq for entry in await log.before(room, LATEST, 1, "bob")] == [seq]
    assert pages == []


async def test_reactions_of_a_crowd_are_left_to_the_database(
    node: EmbeddedPlace, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "GIVEN", 2)
    room = await node.room("alice", "bob", "carol")
    crowded, plain = await say(node, room, "one"), await say(node, room, "two")
    for user in ("alice", "bob", "carol"):
        await node.ask(user, c.React, chat=room, seq=crowded, emoji="👍", on=True)
    await node.ask("bob", c.React, chat=room, seq=plain, emoji="👍", on=True)
    log = RecentLog(node.log, node.database, Replicas(node.database), MemoryWindows(50), 50, tasks.spawn)
    for seq, expected in ((crowded, Reaction(count=3, mine=True)), (plain, Reaction(count=1, mine=True))):
        (message,) = await log.after(room, seq - 1, 1, "bob")
        assert isinstance(message, Message)
        assert message.reactions == {"👍": expected}


async def test_without_the_database_everybody_is_refused(
    tmp_path: Path, node: EmbeddedPlace, tasks: Tasks
) -> None:
    away = Database(make_url(f"sqlite:///{tmp_path}/no/such/folder/hubbub.db"))
    log = RecentLog(node.log, away, Replicas(away), MemoryWindows(SIZE), SIZE, tasks.spawn)
    for _ in range(2):
        waiting = [log.before("r1", LATEST, 3, "bob") for _ in range(3)]
        for answer in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(answer, Refused)
            assert answer.code == ErrorCode.UNAVAILABLE
    await away.close()


async def test_redis_may_go_in_the_middle_and_come_back(node: EmbeddedPlace, tasks: Tasks) -> None:
    own = Redis()
    await asyncio.to_thread(own.start)
    state = SharedState(own.url, "recent", node.clock)
    log = in_front_of(node, RedisWindows(state, "e1", SIZE), tasks)
    room = await node.room("alice", "bob")

    async def write_and_read(content: str) -> None:
        known = len(node.published)
        await say(node, room, content)
        log.committed(node.published[known:])
        expected = await node.log.before(room, LATEST, 3, "bob")
        assert await log.before(room, LATEST, 3, "bob") == expected

    try:
        for number in range(3):
            await write_and_read(f"with {number}")
        await asyncio.to_thread(own.stop)
        async with asyncio.timeout(60):
            for number in count():
                await write_and_read(f"without {number}")
                if state.breaker.state != CLOSED:
                    break
        await asyncio.to_thread(own.start)
        async with asyncio.timeout(60):
            for number in count():
                node.clock.advance(REST_MS)
                await write_and_read(f"again {number}")
                if state.breaker.state == CLOSED:
                    break
        misses, hits = log.misses, log.hits
        for _ in range(2):
            await log.before(room, LATEST, 3, "bob")
        assert log.hits > hits
        assert log.misses <= misses + 1
    finally:
        await state.close()
        own.discard()
