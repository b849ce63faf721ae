"""model.ports.Windows: what is kept beside the database is never older than what was kept before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from hubbub.model.entries import Deleted, Entry, Message
from hubbub.model.ports import Windows
from hubbub.model.recent import MISSING, Kept, Window
from hubbub.operate.cluster.redis import Redis
from hubbub.persist.recent import RedisWindows
from hubbub.persist.shared_state import SharedState
from hubbub.testing.clock import ManualClock
from hubbub.testing.windows import MemoryWindows

SIZE = 4


def said(seq: int, content: str = "hello") -> Message:
    return Message(
        chat="r1",
        seq=seq,
        ts=seq,
        sender="alice",
        msg_id=f"m{seq}",
        msg_type="group",
        to="r1",
        content=content,
    )


def erased(seq: int, target: int) -> Entry:
    return Deleted(chat="r1", seq=seq, ts=seq, sender="alice", target=target)


def window(*seqs: int) -> Window:
    return Window(seqs[-1], [Kept(said(seq)) for seq in seqs])


@dataclass
class Shared:
    """Windows of one installation in Redis, and what is under them."""

    state: SharedState
    namespace: str

    def windows(self, epoch: str = "e1") -> RedisWindows:
        return RedisWindows(self.state, epoch, SIZE)


@asynccontextmanager
async def shared(redis: Redis, namespace: str) -> AsyncIterator[Shared]:
    state = SharedState(redis.url, namespace, ManualClock())
    yield Shared(state, namespace)
    await state.close()


@pytest.fixture
async def on_redis(redis: Redis, request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
    async with shared(redis, request.node.name) as made:
        yield made


@pytest.fixture(params=["memory", "redis"])
async def windows(request: pytest.FixtureRequest, redis: Redis) -> AsyncIterator[Windows]:
    if request.param == "memory":
        yield MemoryWindows(SIZE)
        return
    async with shared(redis, request.node.name) as made:
        yield made.windows()


async def seqs(windows: Windows) -> list[int]:
    found = await windows.get("r1")
    assert found is not None
    return [each.entry.seq for each in found.kept]


async def test_what_was_kept_is_given_as_it_was(windows: Windows) -> None:
    kept = Window(2, [Kept(said(1), {"👍": ["bob", "carol"]}), Kept(erased(2, 1))])
    await windows.fill("r1", kept)
    found = await windows.get("r1")
    assert found == kept
    assert await windows.get("r2") == MISSING


async def test_what_is_behind_does_not_take_the_place_of_what_is_newer(windows: Windows) -> None:
    await windows.fill("r1", window(6, 7))
    await windows.fill("r1", window(5, 6))
    assert await seqs(windows) == [6, 7]
    await windows.fill("r1", window(5, 6, 7))
    assert await seqs(windows) == [5, 6, 7]


async def test_a_window_goes_on_with_what_is_committed_and_stays_small(windows: Windows) -> None:
    await windows.fill("r1", window(1, 2, 3))
    await windows.advance({"r1": [said(4), said(5)]})
    await windows.advance({"r1": [said(6)]})
    assert await seqs(windows) == [3, 4, 5, 6]
    await windows.advance({"r1": [said(5), said(6)]})
    assert await seqs(windows) == [3, 4, 5, 6]


async def test_news_of_a_chat_that_nobody_reads_make_no_window(windows: Windows) -> None:
    await windows.advance({"r1": [said(4)]})
    assert await windows.get("r1") == MISSING
    await windows.fill("r1", window(2, 3))
    assert await seqs(windows) == [2, 3]


@pytest.mark.parametrize("news", [[said(5)], [said(4), said(6)], [erased(4, 3)], [said(4), erased(5, 3)]])
async def test_a_window_ends_with_a_hole_or_with_an_altered_entry(
    windows: Windows, news: list[Entry]
) -> None:
    await windows.fill("r1", window(1, 2, 3))
    await windows.advance({"r1": news})
    assert await windows.get("r1") == MISSING


async def test_an_erased_text_cannot_come_back_with_who_read_it_earlier(windows: Windows) -> None:
    """The reader was slow: between its reading and its keeping the message was erased."""
    read = window(1, 2, 3)
    await windows.advance({"r1": [erased(4, 3)]})
    await windows.fill("r1", read)
    assert await windows.get("r1") == MISSING
    await windows.advance({"r1": [said(5)]})
    assert await windows.get("r1") == MISSING
    await windows.fill("r1", window(4, 5))
    assert await seqs(windows) == [4, 5]


@pytest.mark.parametrize("lost", ["{}:head", "{}"])
async def test_what_redis_keeps_in_part_is_not_kept(on_redis: Shared, lost: str) -> None:
    windows = on_redis.windows()
    await windows.fill("r1", window(1, 2, 3))
    await on_redis.state.ask([("DEL", lost.format(on_redis.state.key("recent", "e1", "r1")))])
    assert await windows.get("r1") == MISSING


@pytest.mark.parametrize(
    "change", [("ZREMRANGEBYRANK", 0, 0), ("ZREMRANGEBYRANK", 1, 1), ("ZADD", 3, "?")], ids=str
)
async def test_only_a_window_without_holes_that_can_be_read_is_one(
    on_redis: Shared, change: tuple[str | int, ...]
) -> None:
    windows = on_redis.windows()
    await windows.fill("r1", window(2, 3, 4))
    command, *rest = change
    await on_redis.state.ask([(command, on_redis.state.key("recent", "e1", "r1"), *rest)])
    found = await windows.get("r1")
    assert found is not None
    assert [each.entry.seq for each in found.kept] == ([3, 4] if rest == [0, 0] else [])


async def test_every_database_has_windows_of_its_own(on_redis: Shared, redis: Redis) -> None:
    await on_redis.windows().fill("r1", window(1, 2))
    assert await on_redis.windows("e2").get("r1") == MISSING
    async with shared(redis, "another") as other:
        assert await other.windows().get("r1") == MISSING


async def test_what_is_kept_expires_and_not_all_at_once(on_redis: Shared) -> None:
    windows, key = on_redis.windows(), on_redis.state.key
    for number in range(40):
        await windows.fill(f"r{number}", window(1, 2))
    names = [key("recent", "e1", f"r{number}{part}") for number in range(40) for part in ("", ":head")]
    left = await on_redis.state.ask([("TTL", name) for name in names])
    assert left is not None
    assert min(left) > 0
    assert len(set(left)) > 1
