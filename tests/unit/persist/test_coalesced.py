"""Reads made together: who shares one, who waits for the next, and what becomes of those who shared a failed one."""

import asyncio
from collections.abc import Sequence

import pytest

from hubbub.model.errors import ErrorCode, Refused
from hubbub.persist.coalesced import Coalesced


class Slow:
    """A read that ends when the test says so, and doubles what it is asked for."""

    def __init__(self, most: int = 3) -> None:
        self.made: list[list[int]] = []
        self.may_end = asyncio.Semaphore(0)
        self.failure: Exception | None = None
        self.shared: Coalesced[int, int] = Coalesced(self.read, most=most)

    async def read(self, keys: Sequence[int]) -> dict[int, int]:
        self.made.append(list(keys))
        await asyncio.sleep(0)
        await self.may_end.acquire()
        if self.failure is not None:
            raise self.failure
        return {key: 2 * key for key in keys}

    def ask(self, *keys: int) -> list[asyncio.Task[int]]:
        return [asyncio.create_task(self.shared.ask(key)) for key in keys]


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_asks_while_a_read_runs_is_read_for_by_the_next() -> None:
    slow = Slow()
    first = slow.ask(1)
    await turns()
    others = slow.ask(1, 2, 2)
    await turns()
    assert slow.made == [[1]]
    for _ in range(2):
        slow.may_end.release()
    assert await asyncio.gather(*first, *others) == [2, 2, 4, 4]
    assert slow.made == [[1], [1, 2]]


async def test_no_read_is_larger_than_it_may_be() -> None:
    slow = Slow(most=2)
    for _ in range(3):
        slow.may_end.release()
    assert await asyncio.gather(*slow.ask(1, 2, 3, 4, 5)) == [2, 4, 6, 8, 10]
    assert slow.made == [[1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("failure", "code"),
    [(OSError("gone"), ErrorCode.UNAVAILABLE), (Refused(ErrorCode.INTERNAL), ErrorCode.INTERNAL)],
)
async def test_all_who_shared_a_read_that_failed_are_refused_and_the_next_works(
    failure: Exception, code: ErrorCode
) -> None:
    slow = Slow()
    slow.failure = failure
    first, leader, shared = slow.ask(1, 2, 3)
    for _ in range(2):
        slow.may_end.release()
    assert await asyncio.gather(first, leader, return_exceptions=True) == [failure, failure]
    with pytest.raises(Refused) as refused:
        await shared
    assert refused.value.code is code
    slow.failure = None
    slow.may_end.release()
    assert await asyncio.gather(*slow.ask(3)) == [6]


async def test_who_gives_up_spoils_nothing_but_their_own_read() -> None:
    slow = Slow()
    first, leader, shared = slow.ask(1, 2, 2)
    await turns()
    shared.cancel()
    (late,) = slow.ask(2)
    for _ in range(2):
        slow.may_end.release()
    assert await asyncio.gather(first, leader, late) == [2, 4, 4]
    assert shared.cancelled()
    assert slow.made == [[1], [2]]
