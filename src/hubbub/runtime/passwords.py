"""Argon2id in a bounded pool of threads (RFC 9106): the loop never hashes, and a flood of log-ins queues up and is refused."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from hubbub.model.errors import ErrorCode, Refused

T = TypeVar("T")
_DUMMY = "the password of nobody"


class HashCost(Struct, frozen=True, kw_only=True):
    """Settings `auth.argon2_*`. `queue`: at 50 ms a hash and two threads, 100 waiting ones are 2.5 s; then refused."""

    time: int = 2
    memory_kib: int = 19_456
    parallelism: int = 1
    threads: int = 2
    queue: int = 100


class ArgonPasswords:
    """model.accounts.Passwords with argon2id."""

    def __init__(self, cost: HashCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.time, memory_cost=cost.memory_kib, parallelism=cost.parallelism, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(cost.threads, "password")
        self._room = cost.threads + cost.queue
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """A salted hash, with its parameters. Raises Refused(unavailable) when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; None is verified against the hash of nobody, at the same price."""
        if hashed is None:
            await self._run(lambda: self._matches(password, self._nobody()))
            return False
        return await self._run(lambda: self._matches(password, hashed))

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        try:
            return self._hasher.check_needs_rehash(hashed)
        except InvalidHashError:
            return True

    async def warm(self) -> None:
        """Make the hash of nobody, so that not even the first unknown user takes longer."""
        await self._run(self._nobody)

    def close(self) -> None:
        """Finish what runs, refuse what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _nobody(self) -> str:
        if self._dummy is None:
            self._dummy = self._hasher.hash(_DUMMY)
        return self._dummy

    def _matches(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._room <= 0:
            raise Refused(ErrorCode.UNAVAILABLE, "Too many people are logging in; retry in a moment.")
        self._room -= 1
        future = self._pool.submit(work)
        future.add_done_callback(self._free(asyncio.get_running_loop()))
        return await asyncio.wrap_future(future)

    def _free(self, loop: asyncio.AbstractEventLoop) -> Callable[[object], None]:
        def done(_future: object) -> None:
            try:
                loop.call_soon_threadsafe(self._release)
            except RuntimeError:  # the loop closed while a thread was still hashing
                self._release()

        return done

    def _release(self) -> None:
        self._room += 1
