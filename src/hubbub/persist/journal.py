"""The one writer of chats: takes what waits, commits it together, answers everybody (docs/adr/0003).

The busier the server, the larger the batch. Nothing is answered before the commit. A batch that fails because of one
row is halved until the culprit alone is refused; one that fails because of the database is `unavailable` for all, and
if nobody knows whether it was committed, the journal finds out before it answers (docs/protocol.md §3.6).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter, time_ns

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from hubbub.model.draft import Draft
from hubbub.model.errors import CommitUnknownError, ErrorCode, Refused
from hubbub.model.proposals import Committed, Done, Proposal
from hubbub.model.replies import Reply
from hubbub.persist.batch import Alongside, Answer, Batch, Waiting, first_reply, recall
from hubbub.persist.chats import ChatStore
from hubbub.persist.doubt import is_stored
from hubbub.persist.engine import ATTEMPTS, Database, pause
from hubbub.persist.failures import OUTAGES, blames_one_row, reading, said
from hubbub.persist.tables import meta
from hubbub.runtime.histogram import SIZES, Histogram
from hubbub.runtime.tracing import NO_TRACES, Contexts, Traces, follow

log = structlog.get_logger("hubbub.journal")

Publish = Callable[[Sequence[Committed]], None]
FIND_OUT_SECONDS = 5.0
FIND_OUT_EVERY = 0.2
TRY_AGAIN_SECONDS = 1.0
TRIAL = "trial"
TRIAL_CHARS = 60_000  # MySQL's TEXT holds no more; a disk with room for one row only is not well yet


class Journal:
    """Implements model.ports.Journal.

    `publish` is called after each commit, once everybody was answered; `alongside` gives work for
    each transaction (the outbox's marks, which so cost no commit of their own). `clock` gives ms. `batch`: proposals in one
    transaction at most; `queue`: proposals that may wait, beyond it Refused(unavailable). `sizes` and `durations` (s) are those
    of committed transactions.
    """

    def __init__(
        self,
        database: Database,
        store: ChatStore,
        publish: Publish,
        alongside: Callable[[], Alongside],
        clock: Callable[[], int],
        *,
        batch: int,
        queue: int,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._database = database
        self._store = store
        self._publish = publish
        self._alongside = alongside
        self._clock = clock
        self._batch = batch
        self._bound = queue
        self._traces = traces
        self._waiting: deque[Waiting] = deque()
        self._wake = asyncio.Event()
        self._between = asyncio.Event()
        self._between.set()
        self._stopping = False
        self._failing = False
        self.sizes = Histogram(SIZES)
        self.durations = Histogram()
        self.commits = 0
        self.repeated = 0
        self.committed = 0

    @property
    def failing(self) -> bool:
        """Whether the last transaction failed for a reason of the database's."""
        return self._failing

    @property
    def waiting(self) -> int:
        """Proposals that wait for their transaction."""
        return len(self._waiting)

    def submit(self, proposal: Proposal, done: Done) -> None:
        """Queue a proposal; `done` hears of it once."""
        if self._stopping or len(self._waiting) >= self._bound:
            raise Refused(
                ErrorCode.UNAVAILABLE, "The server is overloaded; retry later with the same msg_id."
            )
        self._waiting.append((proposal, done))
        self._wake.set()

    async def recall(self, user: str, msg_id: str, digest: str) -> Reply | None:
        """The first reply to (`user`, `msg_id`), if there was one."""
        with reading():
            async with self._database.reading() as connection:
                stored = await connection.run_sync(recall, [(user, msg_id)])
        found = stored.get((user, msg_id))
        return None if found is None else first_reply(found, digest)

    async def run(self) -> None:
        """Commit batch after batch until `stop`, then what still waits."""
        while not (self._stopping and not self._waiting):
            await self._woken()
            while self._waiting:
                count = min(len(self._waiting), self._batch)
                self._between.clear()
                await self._commit([self._waiting.popleft() for _ in range(count)])
                self._between.set()

    async def settled(self) -> None:
        """Wait until what is being committed now is answered: whoever reads the log may see it earlier."""
        await self._between.wait()

    async def _woken(self) -> None:
        """Wait for proposals. While the database fails, try it meanwhile: not being ready keeps proposals away."""
        while self._failing and not self._wake.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(TRY_AGAIN_SECONDS):
                    await self._wake.wait()
            if not self._wake.is_set():
                await self._try_again()
        await self._wake.wait()
        self._wake.clear()

    async def _try_again(self) -> None:
        """Store something about as large as a batch, and take it out again."""
        erase = delete(meta).where(meta.c.key == TRIAL)
        try:
            async with self._database.writing() as connection:
                await connection.execute(erase)
                await connection.execute(insert(meta).values(key=TRIAL, value="-" * TRIAL_CHARS))
            async with self._database.writing() as connection:
                await connection.execute(erase)
        except OUTAGES as error:
            log.debug("the database still takes no writes", error=said(error))
        else:
            self._works()

    def stop(self) -> None:
        """Take nothing new; `run` ends once everything taken is answered."""
        self._stopping = True
        self._wake.set()

    async def _commit(self, waiting: list[Waiting]) -> None:
        began_ns = time_ns()
        try:
            batch = await self._decide_and_store(waiting, self._alongside())
        except CommitUnknownError as unknown:
            self._answer_all(waiting, unknown)
        except OUTAGES as error:
            await self._failed(waiting, error)
        except Exception as error:
            log.exception("batch failed by a bug", proposals=len(waiting))
            await self._halve(waiting, error, ErrorCode.INTERNAL)
        else:
            self._settle(batch, began_ns)

    async def _decide_and_store(self, waiting: list[Waiting], alongside: Alongside) -> Batch:
        """Decide again, from what is stored then, where another node came in between."""
        attempt = 1
        while True:
            batch = Batch(waiting, self._store, self._clock)
            try:
                await self._transact(batch, alongside)
            except OUTAGES as error:
                if attempt == ATTEMPTS or not self._is_contention(error, len(waiting), attempt):
                    raise
            else:
                return batch
            self.repeated += 1
            await pause(attempt)
            attempt += 1

    def _is_contention(self, error: Exception, proposals: int, attempt: int) -> bool:
        """The database undid it for another's sake, or another node may have stored the same key just before."""
        if isinstance(error, IntegrityError):
            return proposals == 1 and attempt == 1
        return self._database.dialect.wants_retry(error)

    async def _transact(self, batch: Batch, alongside: Alongside) -> None:
        committing = False
        began = perf_counter()
        try:
            async with self._database.writing() as connection:
                await connection.run_sync(batch.look_up, alongside)
                batch.decide()
                await connection.run_sync(batch.save)
                committing = True
                await connection.commit()
            self.durations.observe(perf_counter() - began)
        except OUTAGES as error:
            if not committing or not await self._find_out(batch, error):
                raise

    async def _failed(self, waiting: list[Waiting], error: Exception) -> None:
        if blames_one_row(error):
            await self._halve(waiting, error, ErrorCode.BAD_REQUEST)
            return
        if not self._failing:
            self._failing = True
            log.error("the database does not take writes; nothing is acknowledged", error=said(error))
        self._answer_all(waiting, Refused(ErrorCode.UNAVAILABLE))

    async def _halve(self, waiting: list[Waiting], error: Exception, code: ErrorCode) -> None:
        if len(waiting) == 1:
            log.warning("proposal refused by the database", error=said(error))
            self._answer_all(waiting, Refused(code))
            return
        middle = len(waiting) // 2
        await self._commit(waiting[:middle])
        await self._commit(waiting[middle:])

    async def _find_out(self, batch: Batch, error: BaseException) -> bool:
        """Whether a batch whose COMMIT failed is stored all the same; asked once its connection was given back."""
        log.warning("commit failed; finding out whether it happened", error=said(error))
        if not batch.changed:
            return False
        deadline = asyncio.get_running_loop().time() + FIND_OUT_SECONDS
        while True:
            try:
                return await is_stored(self._database, self._store, batch)
            except OUTAGES as again:
                if asyncio.get_running_loop().time() > deadline:
                    raise CommitUnknownError from again
            await asyncio.sleep(FIND_OUT_EVERY)

    def _settle(self, batch: Batch, began_ns: int) -> None:
        self.commits += 1
        self.sizes.observe(len(batch.waiting))
        published: list[Committed] = []
        for draft in batch.changed:
            draft.settle()
            self.committed += len(draft.entries)
            published.append(
                Committed(
                    chat=self._store.adopt(draft.base),
                    entries=draft.entries,
                    ordinals=draft.ordinals,
                    accepted=draft.accepted,
                    traces=self._traced(draft, began_ns, len(batch.waiting)),
                    rights=draft.changed,
                    shown=draft.visible and not draft.was_visible,
                    notices=draft.notices,
                )
            )
        for (_, done), answer in zip(batch.waiting, batch.answers, strict=True):
            _tell(done, answer)
        if published:
            self._works()
            self._publish(published)

    def _traced(self, draft: Draft, began_ns: int, batch: int) -> Contexts:
        return follow(self._traces, "commit", draft.traces, began_ns, chat=draft.id, batch=batch)

    def _works(self) -> None:
        """Something was written. A batch of retries alone writes nothing, and says nothing about the disk."""
        if self._failing:
            self._failing = False
            log.info("the database takes writes again")

    def _answer_all(self, waiting: list[Waiting], answer: Answer) -> None:
        for _, done in waiting:
            _tell(done, answer)


def _tell(done: Done, answer: Answer) -> None:
    """One listener's bug is not the others' loss."""
    try:
        done(answer)
    except Exception:
        log.exception("an answer could not be given")
