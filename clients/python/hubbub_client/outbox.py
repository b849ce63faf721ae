"""Messages on their way: stored before they are sent, sent until they are decided, one by one per recipient."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from hubbub_client.clock import Clock
from hubbub_client.errors import OutboxFull, RequestRefused, Stopped, Undecided
from hubbub_client.events import Delivered, NotDelivered
from hubbub_client.store import Store
from hubbub_client.tasks import Tasks
from hubbub_client.wire.replies import Sent
from hubbub_client.wire.requests import Send

UNDECIDED_MAX = 256
"""Messages waiting to be sent or answered: what a person types during hours without a connection. A program that has
more is told (OutboxFull) and knows that the message is not on its way."""

PAUSE_S = 1.0
"""Seconds before a message is tried again, when the refusal (`unavailable`) does not say how many."""

TEMPORARY = frozenset({"rate_limited", "unavailable"})
"""Refusals that end by themselves: the message stays, and so does the order of those behind it."""


@dataclass(slots=True)
class _Waiting:
    send: Send
    decision: asyncio.Future[Sent] | None


class Outbox:
    """Undecided messages. Invariant: to one recipient they are stored by the server in the order they were posted."""

    def __init__(
        self,
        store: Store,
        ask: Callable[[Send], Awaitable[Sent]],
        tell: Callable[[Delivered | NotDelivered], None],
        clock: Clock,
    ) -> None:
        """`ask` sends one message and waits for its reply; `tell` gets decisions nobody waits for."""
        self._store = store
        self._ask = ask
        self._tell = tell
        self._clock = clock
        self._tasks = Tasks()
        self._queues: dict[str, deque[_Waiting]] = {}
        self._working: set[str] = set()

    def __len__(self) -> int:
        """How many messages are undecided."""
        return sum(map(len, self._queues.values()))

    @property
    def undecided(self) -> list[Send]:
        """What waits to be sent or answered, in its order to each recipient."""
        return [waiting.send for queue in self._queues.values() for waiting in queue]

    def restore(self, undecided: Iterable[Send]) -> None:
        """Take over what an earlier process left undecided."""
        for send in undecided:
            self._queues.setdefault(send.to, deque()).append(_Waiting(send, None))

    def post(self, send: Send) -> asyncio.Future[Sent]:
        """Store a message and send it when its turn comes. Raises OutboxFull.

        The future fails with RequestRefused, or Undecided when the client stops; cancelling it does not recall the
        message.
        """
        if len(self) >= UNDECIDED_MAX:
            raise OutboxFull(f"{UNDECIDED_MAX} messages wait to be sent")
        self._store.keep(send)
        decision: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(send.to, deque()).append(_Waiting(send, decision))
        self._work(send.to)
        return decision

    def start(self) -> None:
        """Send what waits."""
        for to in self._queues:
            self._work(to)

    def stop(self, reason: str) -> None:
        """The client has stopped: whoever waits is told that nothing is known; the messages stay."""
        self._tasks.cancel_soon()
        for waiting in (waiting for queue in self._queues.values() for waiting in queue):
            if waiting.decision is not None and not waiting.decision.done():
                waiting.decision.set_exception(Undecided(waiting.send.msg_id, reason))
            waiting.decision = None

    async def aclose(self) -> None:
        """End the work."""
        await self._tasks.cancel()

    def _work(self, to: str) -> None:
        if to not in self._working and self._queues.get(to):
            self._working.add(to)
            self._tasks.spawn(self._deliver(to), f"hubbub outbox {to}")

    async def _deliver(self, to: str) -> None:
        queue = self._queues[to]
        try:
            while queue and await self._try(queue[0]):
                queue.popleft()
        finally:
            self._working.discard(to)
        if not queue:
            self._queues.pop(to, None)

    async def _try(self, waiting: _Waiting) -> bool:
        """Send one message until it is decided; false if the client stopped before."""
        while True:
            try:
                sent = await self._ask(waiting.send)
            except RequestRefused as refused:
                if refused.code not in TEMPORARY:
                    self._refused(waiting, refused)
                    return True
                pause_ms = refused.retry_after_ms
                await self._clock.sleep(PAUSE_S if pause_ms is None else pause_ms / 1000)
            except OutboxFull:
                await self._clock.sleep(PAUSE_S)
            except Stopped:
                return False
            else:
                self._sent(waiting, sent)
                return True

    def _sent(self, waiting: _Waiting, sent: Sent) -> None:
        self._store.decided(waiting.send.msg_id)
        if waiting.decision is not None and not waiting.decision.done():
            waiting.decision.set_result(sent)
        else:
            self._tell(Delivered(sent.msg_id, sent.chat, sent.seq))

    def _refused(self, waiting: _Waiting, refused: RequestRefused) -> None:
        send = waiting.send
        self._store.decided(send.msg_id)
        if waiting.decision is not None and not waiting.decision.done():
            waiting.decision.set_exception(refused)
        else:
            self._tell(NotDelivered(send.msg_id, send.to, send.content, refused.code, refused.message))
