"""Drives the three-state machine: dials, says hello, reads, writes, beats. One conversation at a time."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hubbub_client import connection as machine
from hubbub_client.clock import Clock
from hubbub_client.closing import ABNORMAL
from hubbub_client.connection import Connection, Status
from hubbub_client.errors import HubbubError, OutboxFull, Stopped
from hubbub_client.events import Entry, StateChanged
from hubbub_client.heartbeat import Heartbeat, Pulse
from hubbub_client.tasks import Tasks
from hubbub_client.transport.contract import Closed, Dialer, DialError, Transport
from hubbub_client.wire.codec import BadEnvelope, Codec
from hubbub_client.wire.pushes import Bye, Push, ServerPing
from hubbub_client.wire.replies import Error, Reply, Welcome
from hubbub_client.wire.requests import Hello, Ping, Request

ASKED_MAX = 256
"""Requests waiting for answers. A person never has more than a few; a program that has this many is told (OutboxFull),
for a server that does not answer would otherwise fill its memory."""

OPEN_S = 30.0
"""Seconds for a token and an open socket together."""

HELLO_S = 10.0
"""Seconds the server may take to answer hello; as long as it waits for one."""

_HELLO_ID = 0
_PROTOCOL_ERROR = 4502
_UNAUTHENTICATED = 4500
_HELLO_TIMEOUT = 4002

log = logging.getLogger("hubbub_client")


class Owner(Protocol):
    """Whom a link works for. Implementation: Client."""

    async def token(self, *, renew: bool) -> str:
        """A good token. Raises Stopped when there is none, another HubbubError when it may work later."""

    def hello(self, token: str) -> Hello:
        """What to greet with, now."""

    def welcomed(self, welcome: Welcome) -> None:
        """The conversation is open; pushes follow."""

    def heard(self, word: Push | Entry) -> None:
        """The server pushed something."""

    def changed(self, state: StateChanged) -> None:
        """The state of the connection is another one."""

    def lost(self) -> None:
        """The conversation is over; another one may come."""


@dataclass(slots=True)
class _Asked:
    request: Request
    answer: asyncio.Future[Reply]


class Link:
    """The connection of one client. Requests asked while it is down are sent, in order, when it is up again."""

    def __init__(
        self,
        owner: Owner,
        dial: Dialer,
        codec: Codec,
        clock: Clock,
        chance: Callable[[], float],
        max_attempts: int,
    ) -> None:
        self._owner = owner
        self._dial = dial
        self._codec = codec
        self._clock = clock
        self._chance = chance
        self._max_attempts = max_attempts
        self._machine = Connection()
        self._tasks = Tasks()
        self._asked: dict[int, _Asked] = {}
        self._last_id = _HELLO_ID
        self._outgoing: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._running = False
        self._why_stopped = "log in or connect first"

    @property
    def status(self) -> Status:
        """The state of the connection."""
        return self._machine.status

    @property
    def running(self) -> bool:
        """Connected, or trying to be."""
        return self._running

    def start(self) -> None:
        """Connect now, and stay connected. Does nothing when it is, or is about to be."""
        if self.status is Status.DISCONNECTED:
            self._running = True
            self._feed(machine.Start())

    async def stop(self) -> None:
        """Disconnect. Returns when everything has ended."""
        if self._running:
            self._feed(machine.Stop())
        await self._tasks.cancel()

    def ask(self, request: Request) -> asyncio.Future[Reply]:
        """Send a request now or when there is a connection; the future may be cancelled, which gives it up.

        Raises Stopped, OutboxFull. The future fails with Stopped when the link stops.
        """
        if not self._running:
            raise Stopped(self._why_stopped)
        if len(self._asked) >= ASKED_MAX:
            raise OutboxFull(f"{ASKED_MAX} requests wait for answers")
        request_id = self._next_id()
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[request_id] = _Asked(request, answer)
        answer.add_done_callback(lambda _: self._asked.pop(request_id, None))
        if self.status is Status.CONNECTED:
            self._write(self._codec.encode(request, request_id))
        return answer

    def tell(self, request: Request) -> None:
        """Send a request that has no reply, if that can be done now; else it is not worth sending."""
        if self.status is Status.CONNECTED and len(self._outgoing) < ASKED_MAX:
            self._write(self._codec.encode(request, None))

    # The machine

    def _feed(self, event: object) -> None:
        before = self._machine.status
        around = machine.Around(self._clock.monotonic(), self._chance(), self._max_attempts)
        self._machine, actions = machine.step(self._machine, event, around)
        if before is Status.CONNECTED and self.status is not before:
            self._owner.lost()
        if before is not self.status is not Status.DISCONNECTED:
            self._owner.changed(StateChanged(self.status, attempt=self._machine.attempt))
        for action in actions:
            self._perform(action)

    def _perform(self, action: machine.Action) -> None:
        match action:
            case machine.RenewToken():
                self._tasks.spawn(self._renew(), "hubbub renew")
            case machine.Dial():
                self._tasks.spawn(self._attempt(), "hubbub connection")
            case machine.Wait(seconds, attempt, reason):
                self._owner.changed(StateChanged(self.status, reason, seconds, attempt))
                self._tasks.spawn(self._wait(seconds), "hubbub wait")
            case machine.HangUp():
                self._tasks.cancel_soon()
            case machine.Halt(reason, code):
                self._halt(reason, code)

    def _halt(self, reason: str, code: int | None) -> None:
        self._running = False
        self._why_stopped = reason
        for asked in list(self._asked.values()):
            if not asked.answer.done():
                asked.answer.set_exception(Stopped(reason, code))
        self._owner.changed(StateChanged(self.status, reason, code=code))

    async def _wait(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._feed(machine.TimerDue())

    async def _renew(self) -> None:
        try:
            await self._owner.token(renew=True)
        except Stopped as end:
            self._feed(machine.TokenRefused(end.reason))
        except HubbubError as error:
            self._feed(machine.DialFailed(str(error)))
        else:
            self._feed(machine.TokenRenewed())

    async def _attempt(self) -> None:
        try:
            async with asyncio.timeout(OPEN_S):
                token = await self._owner.token(renew=False)
                transport = await self._dial()
        except Stopped as end:
            self._feed(machine.TokenRefused(end.reason))
        except (DialError, HubbubError) as error:
            self._feed(machine.DialFailed(str(error)))
        except TimeoutError:
            self._feed(machine.DialFailed("no answer"))
        else:
            self._feed(machine.Lost(await self._converse(transport, token)))

    # One conversation

    async def _converse(self, transport: Transport, token: str) -> int:
        """Talk until the end; returns the close code."""
        code = 1000
        try:
            welcome = await self._greet(transport, token)
            self._open(welcome)
            async with asyncio.TaskGroup() as conversation:
                heart = self._heart(welcome)
                conversation.create_task(self._read(transport, heart), name="hubbub read")
                conversation.create_task(self._write_out(transport, heart), name="hubbub write")
                conversation.create_task(self._beat(heart), name="hubbub heartbeat")
        except* Closed as ends:
            code = _first_code(ends)
        except* BadEnvelope as errors:
            log.exception("the server sent what the protocol does not allow", exc_info=errors.exceptions[0])
            code = _PROTOCOL_ERROR
        finally:
            await transport.close(1000 if code != _PROTOCOL_ERROR else 1002)
        return code

    async def _greet(self, transport: Transport, token: str) -> Welcome:
        """Say hello. A refused hello ends with the server's close, or with 4500 if it does not come."""
        refused = False
        try:
            async with asyncio.timeout(HELLO_S):
                await transport.send(self._codec.encode(self._owner.hello(token), _HELLO_ID))
                while not isinstance(word := self._codec.decode(await transport.receive()).word, Welcome):
                    refused = refused or isinstance(word, Error)
                    self._before_welcome(word)
        except TimeoutError:
            raise Closed(_UNAUTHENTICATED if refused else _HELLO_TIMEOUT) from None
        return word

    def _before_welcome(self, word: Reply | Push | Entry | None) -> None:
        if isinstance(word, Bye):
            self._said_bye(word)
        if isinstance(word, Error):
            log.warning("hello was refused: %s %s", word.code, word.message)
            if word.retry_after_ms is not None:
                self._feed(machine.ByeSaid(None, word.retry_after_ms / 1000))

    def _heart(self, welcome: Welcome) -> Heartbeat:
        now = self._clock.monotonic()
        return Heartbeat(welcome.heartbeat_ms / 1000, now, now)

    def _open(self, welcome: Welcome) -> None:
        """Everything unanswered goes out again, in the order it was asked; msg_ids make that once."""
        self._outgoing.clear()
        self._feed(machine.Welcomed())
        self._owner.welcomed(welcome)
        for request_id, asked in self._asked.items():
            self._write(self._codec.encode(asked.request, request_id))

    async def _read(self, transport: Transport, heart: Heartbeat) -> None:
        while True:
            incoming = self._codec.decode(await transport.receive())
            heart.heard(self._clock.monotonic())
            if incoming.id is not None:
                self._answer(incoming.id, incoming.word)
            elif isinstance(incoming.word, Bye):
                self._said_bye(incoming.word)
            elif isinstance(incoming.word, ServerPing):
                self._write(self._codec.encode_pong())
            elif isinstance(incoming.word, Error):
                log.warning("the server could not read a request: %s", incoming.word.message)
            elif incoming.word is not None:
                self._hear(incoming.word)

    def _hear(self, word: Reply | Push | Entry) -> None:
        if isinstance(word, Push | Entry):
            self._owner.heard(word)

    def _answer(self, request_id: int, word: Reply | Push | Entry | None) -> None:
        """A reply to a request that was given up meanwhile is nobody's."""
        asked = self._asked.get(request_id)
        if asked is not None and isinstance(word, Reply) and not asked.answer.done():
            asked.answer.set_result(word)

    def _said_bye(self, bye: Bye) -> None:
        wait_s = None if bye.reconnect_in_ms is None else bye.reconnect_in_ms / 1000
        self._feed(machine.ByeSaid(bye.code, wait_s))

    def _write(self, envelope: bytes) -> None:
        self._outgoing.append(envelope)
        self._wake.set()

    async def _write_out(self, transport: Transport, heart: Heartbeat) -> None:
        while True:
            while self._outgoing:
                await transport.send(self._outgoing.popleft())
                heart.said(self._clock.monotonic())
            self._wake.clear()
            await self._wake.wait()

    async def _beat(self, heart: Heartbeat) -> None:
        while True:
            await self._clock.sleep(heart.next_check_in(self._clock.monotonic()))
            match heart.pulse(self._clock.monotonic()):
                case Pulse.PING:
                    self._write(self._codec.encode(Ping(), self._next_id()))
                case Pulse.DEAD:
                    raise Closed(ABNORMAL, "the server fell silent")

    def _next_id(self) -> int:
        """Unsigned 32 bits, not outstanding, never hello's (protocol.md §2)."""
        while True:
            self._last_id = self._last_id % 0xFFFF_FFFF + 1
            if self._last_id not in self._asked:
                return self._last_id


def _first_code(ends: BaseExceptionGroup[Closed]) -> int:
    """The peer's code, if one task saw it; the others only noticed that it is over."""
    codes = [end.code for end in ends.exceptions if isinstance(end, Closed)]
    return next((code for code in codes if code != ABNORMAL), ABNORMAL)
