"""Reads of many who ask at the same time, made as one: after a restart everybody arrives at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from hubbub.model.errors import ErrorCode, Refused

K = TypeVar("K")
V = TypeVar("V")


class Coalesced(Generic[K, V]):
    """`read` gives an answer for each of the keys it is asked for, `most` of them at once; one read runs at a time.

    A key is read after it was asked for: who asks while a read runs is answered by the next. Where nobody else asks,
    there is nothing to wait for.
    """

    def __init__(self, read: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], *, most: int) -> None:
        self._read = read
        self._most = most
        self._turn = asyncio.Lock()
        self._gathering: _Group[K, V] | None = None

    async def ask(self, key: K) -> V:
        """The answer for a key. Raises what `read` raises; those who shared a read that failed are refused (unavailable)."""
        group = self._gathering
        if group is not None and len(group.keys) < self._most:
            group.keys[key] = None
            return (await asyncio.shield(group.answers))[key]
        group = self._gathering = _Group(key)
        return (await self._lead(group))[key]

    async def _lead(self, group: "_Group[K, V]") -> Mapping[K, V]:
        """Whoever was first of a group reads for all of it."""
        try:
            async with self._turn:
                if self._gathering is group:
                    self._gathering = None
                answers = await self._read(list(group.keys))
        except BaseException as error:
            mine = error if isinstance(error, Refused) else Refused(ErrorCode.UNAVAILABLE)
            group.answers.set_exception(mine)
            group.answers.exception()  # perhaps nobody shared it; that is no error
            raise
        group.answers.set_result(answers)
        return answers


class _Group(Generic[K, V]):
    """Who is read for together."""

    __slots__ = ("answers", "keys")

    def __init__(self, first: K) -> None:
        self.keys: dict[K, None] = {first: None}
        self.answers: asyncio.Future[Mapping[K, V]] = asyncio.get_running_loop().create_future()
