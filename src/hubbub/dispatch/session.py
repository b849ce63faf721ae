"""One client's conversation: `hello` first and once, then commands, each answered once (docs/protocol.md §2, §4).

state      hello                        another request            end
NEW        GREETING: who is it?         error unauthenticated      CLOSED
GREETING   waits its turn               waits its turn             CLOSED
OPEN       error bad_request            the dispatcher             CLOSED
"""

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import structlog

from hubbub.codec.malformed import MalformedError
from hubbub.dispatch.dispatcher import Dispatcher, refusal_of
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.request_log import Asked, RequestLog, command_asked
from hubbub.model import ids
from hubbub.model.commands import AnyCommand, Hello, Typing
from hubbub.model.errors import CloseCode, ErrorCode, Refused
from hubbub.model.identity import Caller, Identity
from hubbub.model.ports import Entropy
from hubbub.model.replies import ErrorReply, Reply, Welcome
from hubbub.push.hub import Hub
from hubbub.push.mailbox import Mailbox
from hubbub.push.presence import PresenceBoard
from hubbub.push.resume import Arrival, Resumption

log = structlog.get_logger("hubbub.session")

NEW, GREETING, OPEN, CLOSED = range(4)
STATES = ("new", "greeting", "open", "closing")
Spawn = Callable[[Coroutine[Any, Any, None], str], object]
Authenticate = Callable[[str, int], Awaitable[Identity]]


class Client(Mailbox):
    """A connection as the sessions see it. `lane` holds what waits behind a command that must read first.

    For the log: `commands` it sent, how many were `refused`, and of how many chats its client said what it has (`resumed`).
    """

    __slots__ = ("address", "bearer", "caller", "commands", "ends_at", "lane", "refused", "resumed", "state")

    address: str
    bearer: str | None
    caller: Caller
    ends_at: int | None
    lane: deque[AnyCommand] | None
    state: int
    commands: int
    refused: int
    resumed: int

    @property
    def user(self) -> str:
        """Who it is; empty before the welcome."""
        caller = getattr(self, "caller", None)
        return "" if caller is None else caller.user

    @property
    def gone(self) -> bool:
        """Whether it was closed, by either side."""
        return self.state == CLOSED or self.transport.is_closing()

    def close(self, code: CloseCode, message: str = "", reconnect_in_ms: int | None = None) -> None:
        """Say `bye` and close."""
        raise NotImplementedError

    def greeted(self) -> None:
        """The conversation is open: `caller` and `ends_at` are known."""
        raise NotImplementedError

    def hold(self) -> None:
        """Read nothing more for now: too much waits."""
        raise NotImplementedError

    def go_on(self) -> None:
        """Read again."""
        raise NotImplementedError


class Greeting(NamedTuple):
    """A `hello` and when it came: in ms, and by the clock of durations (s)."""

    hello: Hello
    now: int
    began: float


class Sessions:
    """The conversations of all connections of this process. `crowded`: connections closed because their user had too many."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        resumption: Resumption,
        hub: Hub,
        presence: PresenceBoard,
        authenticate: Authenticate,
        is_revoked: Callable[[str], bool],
        refusals: TokenBuckets,
        spawn: Spawn,
        clock: Callable[[], int],
        entropy: Entropy,
        requests: RequestLog,
        *,
        per_user: float,
        in_flight: float,
    ) -> None:
        self._dispatcher = dispatcher
        self._hellos = dispatcher.tallies.of[Hello]
        self.resumption = resumption
        self._hub = hub
        self._presence = presence
        self._authenticate = authenticate
        self._is_revoked = is_revoked
        self.refusals = refusals
        self._spawn = spawn
        self._clock = clock
        self._entropy = entropy
        self._requests = requests
        self._per_user = per_user
        self._in_flight = in_flight
        self.crowded = 0

    # ── what a client says ──────────────────────────────────────────────────────────────────────────────────────

    def receive(self, client: Client, envelope: bytes) -> None:
        """An envelope arrived, in the codec of the client's wire."""
        client.commands += 1
        try:
            command = client.wire.codec.decode(envelope)
        except MalformedError as malformed:
            self._refuse_malformed(client, malformed)
            return
        if client.lane is None:
            waiting = self._begin(client, command)
            if waiting is not None:
                client.lane = deque()
                self._spawn(self._follow(client, waiting), "client lane")
        else:
            client.lane.append(command)
            if len(client.lane) >= self._in_flight:
                client.hold()

    async def _follow(self, client: Client, waiting: Awaitable[None]) -> None:
        """Do what a client asked one after the other until nothing waits."""
        try:
            await waiting
            while client.lane and client.state != CLOSED:
                await client.drained()
                following = self._begin(client, client.lane.popleft())
                if len(client.lane) < self._in_flight / 2:
                    client.go_on()
                if following is not None:
                    await following
        except Exception:
            log.exception("a client's lane failed")
            client.close(CloseCode.INTERNAL)
        finally:
            client.lane = None
            client.go_on()

    def _begin(self, client: Client, command: AnyCommand) -> Awaitable[None] | None:
        now = self._clock()
        if client.state == OPEN:
            if type(command) is Hello:
                self._done(client, command, now, Refused(ErrorCode.BAD_REQUEST, "You said hello already."))
                return None
            done = partial(self._done, client, command, now)
            return self._dispatcher.begin(client.caller, command, now, done)
        if client.state == NEW and type(command) is Hello:
            client.state = GREETING
            return self._greet(client, command, now)
        if client.state != CLOSED:
            self._done(client, command, now, Refused(ErrorCode.UNAUTHENTICATED, "Say hello first."))
        return None

    # ── what a client is answered ───────────────────────────────────────────────────────────────────────────────

    def _done(self, client: Client, command: AnyCommand, began: int, answer: Reply | Exception) -> None:
        if type(command) is Typing and isinstance(answer, Refused) and answer.code is ErrorCode.RATE_LIMITED:
            return
        self._answer(client, command.id, answer)
        self._note(client, command, began, answer)

    def _note(self, client: Client, command: AnyCommand, began: int, answer: Reply | Exception) -> None:
        if self._requests.notes(began, answer):
            asked = command_asked(command, client.user, client.address, client.wire.name, began)
            self._requests.answered(asked, answer)

    def _refuse_malformed(self, client: Client, malformed: MalformedError) -> None:
        refused, now = Refused(ErrorCode.BAD_REQUEST, malformed.message), self._clock()
        self._answer(client, malformed.id, refused)
        if self._requests.notes(now, refused):
            what = {"wire": client.wire.name}
            asked = Asked(what=what, user=client.user, address=client.address, began=now)
            self._requests.answered(asked, refused)
        self._count_against(client, MALFORMED_COST)

    def _answer(self, client: Client, request: int | None, answer: Reply | Exception) -> None:
        if client.state == CLOSED:
            return
        if isinstance(answer, Exception):
            self._refuse(client, request, answer)
        else:
            answer.id = request
            client.put(client.wire.frame(answer))

    def _refuse(self, client: Client, request: int | None, error: Exception) -> None:
        client.refused += 1
        refused = refusal_of(error)
        if refused is None:
            client.close(CloseCode.INTERNAL, "The database went away; ask again with the same msg_id.")
            return
        reply = ErrorReply(
            id=request,
            code=refused.code,
            message=refused.message,
            retry_after_ms=refused.retry_after_ms,
        )
        client.put(client.wire.frame(reply))
        if refused.code in _FLOOD:
            self._count_against(client, 1)

    def _count_against(self, client: Client, cost: float) -> None:
        """Who keeps flooding past refusals is closed."""
        wait = self.refusals.take(id(client), cost, self._clock())
        if wait:
            client.close(CloseCode.FLOODING, reconnect_in_ms=int(wait * 1000) + 1_000)

    # ── hello and goodbye ───────────────────────────────────────────────────────────────────────────────────────

    async def _greet(self, client: Client, hello: Hello, now: int) -> None:
        greeting = Greeting(hello, now, perf_counter())
        try:
            identity = await self._identify(client, hello, now)
        except Refused as refused:
            self._reject(client, greeting, refused)
            return
        if client.state == CLOSED:
            return
        if self._has_too_many(client, identity.user, await self._presence.elsewhere(identity.user)):
            return
        device = hello.device or ids.opaque("d", self._entropy(10))
        arrival = Arrival(mailbox=client, identity=identity, hello=hello, device=device, now=now)
        try:
            await self.resumption.open(arrival, partial(self._opened, client, greeting, identity))
        except Refused as refused:
            self._reject(client, greeting, refused)
        finally:
            if not self._presence.online(identity.user):
                self._hub.forget(identity.user)

    def _has_too_many(self, client: Client, user: str, elsewhere: int = 0) -> bool:
        """Close a connection too many. Asked again when the welcome is written: many may say hello at once."""
        local = self._hub.local(user)
        here = 0 if local is None else len(local.mailboxes)
        if here + elsewhere < self._per_user:
            return False
        self.crowded += 1
        client.close(CloseCode.TOO_MANY_CONNECTIONS)
        return True

    async def _identify(self, client: Client, hello: Hello, now: int) -> Identity:
        token = hello.token or client.bearer
        client.bearer = None
        if token is None:
            raise Refused(ErrorCode.UNAUTHENTICATED, "`hello` needs a token; log in to get one.")
        return await self._authenticate(token, now)

    def _reject(self, client: Client, greeting: Greeting, refused: Refused) -> None:
        """A failed hello gets its error, then 4500; where it was the server's fault, 4000."""
        self._hellos.answered(greeting.began, refused)
        self._done(client, greeting.hello, greeting.now, refused)
        mine = refused.code in {ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL}
        client.close(CloseCode.INTERNAL if mine else CloseCode.UNAUTHENTICATED, refused.message)

    def _opened(self, client: Client, greeting: Greeting, identity: Identity, welcome: Welcome) -> bool:
        if client.state == CLOSED or self._has_too_many(client, identity.user):
            return False
        client.caller = Caller(
            user=identity.user, session=identity.session, device=welcome.device, address=client.address
        )
        client.ends_at = identity.ends_at
        client.state = OPEN
        client.greeted()
        if self._is_revoked(identity.session):
            client.close(CloseCode.SESSION_REVOKED)  # while its chats were being read
            return False
        self._hellos.answered(greeting.began, welcome)
        self._presence.entered(identity.user)
        client.resumed = len(greeting.hello.cursors or ())
        client.put(client.wire.frame(welcome))
        self._note(client, greeting.hello, greeting.now, welcome)
        return True

    def ended(self, client: Client) -> None:
        """The connection is gone."""
        was_open, client.state = client.state == OPEN, CLOSED
        self.refusals.give(id(client), 1e9)
        if not was_open:
            return
        local = self._hub.local(client.caller.user)
        if local is not None:
            self._hub.leave(local, client)
            self._presence.moved(client.caller.user)
            if not local.mailboxes:
                self._presence.left(client.caller.user, self._clock())


_FLOOD = {ErrorCode.RATE_LIMITED, ErrorCode.UNAUTHENTICATED}
MALFORMED_COST = 0.1  # of a refusal: a client with a bug may be wrong often before it is taken for a flood
