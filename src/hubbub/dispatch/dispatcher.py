"""From a command to its answer: limits, the chat, the right, the use case, the journal.

Every transport comes through here. What can be answered at once is; what must be read first, or waits for a commit,
goes on without holding up anybody else. A writing request that is refused is looked up first: what was stored is
answered as stored, whatever was withdrawn since (docs/protocol.md §2).
"""

import asyncio
from collections.abc import Awaitable, Mapping
from functools import partial
from inspect import isawaitable
from time import perf_counter

import structlog

from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.routes import ROUTES, Ref, Route
from hubbub.dispatch.tally import OK, Tallies, Tally, name_of, outcome_of
from hubbub.model.chats import Chat
from hubbub.model.commands import AnyCommand, Chats
from hubbub.model.errors import CommitUnknownError, ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ports import Desk, Journal
from hubbub.model.proposals import Done, Proposal, digest
from hubbub.model.replies import Reply, Summary
from hubbub.model.rules import check_member
from hubbub.model.summaries import summarize
from hubbub.runtime.tracing import NO_TRACES, Span, Traces

log = structlog.get_logger("hubbub.dispatch")

Outcome = Reply | Proposal | None
Result = Outcome | Awaitable[Outcome]


class Dispatcher:
    """`limits`: a bucket set per name used in ROUTES, keyed by user. `timeout` (s) bounds what reads may take.

    `tallies` says how commands went; `chats_known` and `chats_unknown`, how often their chat was in memory.
    """

    def __init__(
        self,
        desk: Desk,
        journal: Journal,
        limits: Mapping[str, TokenBuckets],
        *,
        timeout: float = 30.0,
        traces: Traces = NO_TRACES,
    ) -> None:
        self.desk = desk
        self._journal = journal
        self._limits = limits
        self._timeout = timeout
        self._traces = traces
        self.tallies = Tallies()
        self.chats_known = 0
        self.chats_unknown = 0

    def begin(self, caller: Caller, command: AnyCommand, now: int, done: Done) -> Awaitable[None] | None:
        """Run a command; `done` is called once with its answer (never for `typing`).

        Gives an awaitable if something must be read first: the caller awaits it before beginning its next command,
        so that what one client asks is done in the order asked.
        """
        kind = type(command)
        route = ROUTES[kind]
        done = partial(_answered, self.tallies.of[kind], perf_counter(), done)
        span = self._traces.request(name_of(kind), command.traceparent)
        if span is not None:
            command.traceparent = span.traceparent
            done = Traced(span, caller.user, done)
        try:
            self._admit(route, caller.user, now)
            result = self._run_now(route, caller, command, now)
        except Refused as refused:
            return self._refuse(caller, command, refused, done)
        if type(result) is Proposal:
            return self._propose(caller, command, result, now, done)
        if isawaitable(result):
            return self._later(caller, command, result, now, done)
        done(result)  # type: ignore[arg-type]
        return None

    async def call(self, caller: Caller, command: AnyCommand, now: int) -> Reply:
        """The same for a caller that waits: HTTP. Raises Refused, or CommitUnknownError."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        waiting = self.begin(caller, command, now, partial(_resolve, answer))
        if waiting is not None:
            await waiting
        return await answer

    async def commit(self, proposal: Proposal) -> Reply:
        """A change that is no command: an administrator's, whose right was checked. Raises Refused, CommitUnknownError."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._journal.submit(proposal, partial(_resolve, answer))
        return await answer

    async def summary(self, caller: Caller, chat: str, now: int) -> Summary:
        """One chat as the caller's list shows it. Raises Refused."""
        self._admit(ROUTES[Chats], caller.user, now)
        found = await self._load((chat, None), caller.user)
        try:
            check_member(found, caller.user, now)
        except Refused:
            if not self.desk.chats.outdated(chat):
                raise
            found = await self._load((chat, None), caller.user)
            check_member(found, caller.user, now)
        return (await summarize(self.desk, caller.user, [found]))[0]

    def _admit(self, route: Route, user: str, now: int) -> None:
        wait = self._limits[route.limit].take(user, 1, now)
        if wait:
            raise Refused(ErrorCode.RATE_LIMITED, retry_after_ms=max(int(wait * 1000), 1))

    def _run_now(self, route: Route, caller: Caller, command: AnyCommand, now: int) -> Result:
        desk = self.desk
        if route.chat is None:
            return route.run(desk, caller, command, now)  # type: ignore[no-any-return]
        ref = route.chat(caller.user, command)
        chat = desk.chats.peek(ref[0])
        if chat is None or (ref[1] is not None and chat.rights_version == 0):
            self.chats_unknown += 1
            return self._run_loaded(route, ref, caller, command, now)
        self.chats_known += 1
        try:
            if route.right is not None:
                route.right(chat, caller.user, now)
            result: Result = route.run(desk, caller, command, chat, now)
        except Refused:
            if not desk.chats.outdated(chat.id):
                raise
            return self._run_loaded(route, ref, caller, command, now)
        return self._or_again(result, route, ref, caller, command, now) if isawaitable(result) else result

    async def _or_again(
        self,
        result: Awaitable[Outcome],
        route: Route,
        ref: Ref,
        caller: Caller,
        command: AnyCommand,
        now: int,
    ) -> Outcome:
        """What memory refuses may have been allowed on another node just now: ask once more what is at rest."""
        try:
            return await result
        except Refused:
            if not self.desk.chats.outdated(ref[0]):
                raise
        return await self._run_loaded(route, ref, caller, command, now)

    async def _run_loaded(
        self, route: Route, ref: Ref, caller: Caller, command: AnyCommand, now: int
    ) -> Outcome:
        chat = await self._load(ref, caller.user)
        if route.right is not None:
            route.right(chat, caller.user, now)
        result: Result = route.run(self.desk, caller, command, chat, now)
        return await result if isawaitable(result) else result

    async def _load(self, ref: Ref, user: str) -> Chat:
        chat = await self.desk.chats.load(*ref)
        if chat is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such chat.")
        if ref[1] is not None and chat.rights_version == 0:
            peer = chat.peer_of(user)
            if peer not in await self.desk.people.profiles([user, peer]):  # both: their chat names them
                raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
        return chat

    async def _later(
        self, caller: Caller, command: AnyCommand, result: Awaitable[Outcome], now: int, done: Done
    ) -> None:
        waiting: Awaitable[None] | None = None
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await result
            if type(outcome) is Proposal:
                waiting = self._propose(caller, command, outcome, now, done)
            else:
                done(outcome)  # type: ignore[arg-type]
        except Refused as refused:
            waiting = self._refuse(caller, command, refused, done)
        except TimeoutError:
            done(Refused(ErrorCode.UNAVAILABLE))
        except Exception as bug:
            log.exception("command failed", command=type(command).__name__)
            done(bug)
        if waiting is not None:
            await waiting

    def _propose(
        self, caller: Caller, command: AnyCommand, proposal: Proposal, now: int, done: Done
    ) -> Awaitable[None] | None:
        proposal.accepted = now
        if type(done) is Traced:
            proposal.trace = done.traceparent
        try:
            self._journal.submit(proposal, done)
        except Refused as refused:
            return self._refuse(caller, command, refused, done)
        return None

    def _refuse(
        self, caller: Caller, command: AnyCommand, refused: Refused, done: Done
    ) -> Awaitable[None] | None:
        """What was stored before comes before any refusal."""
        msg_id: str | None = getattr(command, "msg_id", None)
        if msg_id is None:
            done(refused)
            return None
        return self._recall(caller.user, msg_id, command, refused, done)

    async def _recall(
        self, user: str, msg_id: str, command: AnyCommand, refused: Refused, done: Done
    ) -> None:
        try:
            stored = await self._journal.recall(user, msg_id, digest(user, command))
        except Refused as other:
            done(other)
        else:
            done(refused if stored is None else stored)


class Traced:
    """What is told the answer to a traced command: the span ends with it."""

    __slots__ = ("_done", "_span", "_user")

    def __init__(self, span: Span, user: str, done: Done) -> None:
        self._span = span
        self._user = user
        self._done = done

    @property
    def traceparent(self) -> str:
        """The context of what the command causes."""
        return self._span.traceparent

    def __call__(self, answer: Reply | Exception) -> None:
        self._span.end(user=self._user, outcome=outcome_of(answer) if isinstance(answer, Exception) else OK)
        self._done(answer)


def _answered(tally: Tally, began: float, done: Done, answer: Reply | Exception | None) -> None:
    tally.answered(began, answer)
    if answer is not None:
        done(answer)


def _resolve(answer: "asyncio.Future[Reply]", result: Reply | Exception) -> None:
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)


def refusal_of(error: Exception) -> Refused | None:
    """What the client is told of an exception; None: it cannot be told anything true (docs/protocol.md §3.6)."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, CommitUnknownError):
        return None
    return Refused(ErrorCode.INTERNAL)
