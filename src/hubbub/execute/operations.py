"""What administrators see of the running server, and the little they may push: what waits for the bus, who did what."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from hubbub.model.administration import PAGE, Audit, AuditPage, Health, OutboxView
from hubbub.model.identity import Caller


class Pending(Protocol):
    """What is not on the bus: persist/outbox."""

    async def view(self, limit: int) -> OutboxView:
        """What waits, the chats that wait the longest first."""

    async def release(self) -> None:
        """Give up every claim on it."""


class Operations:
    """`recover(now)` publishes what was left behind (publish/relay); `health` describes this node."""

    def __init__(
        self,
        outbox: Pending,
        recover: Callable[[int], Awaitable[int]],
        health: Callable[[], Awaitable[Health]],
        audit: Audit,
    ) -> None:
        self._outbox = outbox
        self._recover = recover
        self._audit = audit
        self.health = health

    async def outbox(self) -> OutboxView:
        """What waits for the bus."""
        return await self._outbox.view(PAGE)

    async def retry(self, caller: Caller, now: int) -> OutboxView:
        """Publish it now, whoever has claimed it; what was published twice reaches nobody twice."""
        before = (await self._outbox.view(0)).pending
        await self._outbox.release()
        await self._recover(now)
        await self._audit(caller, "outbox retry", "", now, f"{before} pending")
        await self._recover(now)  # marks what the first one published
        return await self.outbox()

    async def audited(self, before: int) -> AuditPage:
        """A page of what administrators did, the latest first."""
        found = await self._audit.lines(before, PAGE + 1)
        return AuditPage(lines=list(found[:PAGE]), more=len(found) > PAGE)
