"""The client an application works with."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self
from uuid import uuid4

import httpx

from hubbub_client.accounts import Accounts, SessionInfo
from hubbub_client.acknowledge import Acknowledger
from hubbub_client.addresses import read_address
from hubbub_client.answer import answered
from hubbub_client.clock import Clock, SystemClock
from hubbub_client.closing import SESSION_REVOKED
from hubbub_client.connection import Status
from hubbub_client.credentials import Credentials, TokenSource, one_token
from hubbub_client.errors import HubbubError, Stopped, Undecided
from hubbub_client.events import Entry, Event, Message, StateChanged
from hubbub_client.flow import Flow
from hubbub_client.inbox import Inbox, Position, Sort
from hubbub_client.link import Link
from hubbub_client.outbox import Outbox
from hubbub_client.spans import Traceparent, in_span, no_span
from hubbub_client.store import MemoryStore, Store, Tokens
from hubbub_client.tasks import Tasks
from hubbub_client.transport import dial as dial_any
from hubbub_client.transport.contract import Dialer
from hubbub_client.verbs import R, Verbs
from hubbub_client.wire.codecs import CODECS, CodecName
from hubbub_client.wire.entries import Summary
from hubbub_client.wire.pushes import Push
from hubbub_client.wire.replies import Chats, Ok, Page, Sent, Welcome
from hubbub_client.wire.requests import Hello, History, ListChats, Read, Received, Request, Send

ATTEMPTS_MAX = 100
"""Attempts in a row before the client stops and says so: some 25 minutes at an average wait of 15 s."""

PAGE_MAX = 300
"""Entries asked for at a time when filling a gap: the most a server gives."""

RENEW_AGAIN_S = 30.0
"""At least this long between renewals that nobody waits for."""


class Client(Verbs):
    """One user on one server: signs in, stays connected, resumes, and yields what happens.

    Use it as an async context manager. `async for event in client.events()` must run for things to move on: an event
    counts as handled when the next one is asked for, and that position is what a killed client resumes from.
    """

    def __init__(
        self,
        url: str,
        *,
        codec: CodecName = "json",
        api: str | None = None,
        tls: ssl.SSLContext | None = None,
        store: Store | None = None,
        token: str | TokenSource | None = None,
        traceparent: Traceparent = no_span,
        max_attempts: int = ATTEMPTS_MAX,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
        dial: Dialer | None = None,
        http: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`url`: http(s):// or ws(s):// for WebSocket, tcp:// or tls:// for framed TCP, always with the server's host.

        `codec`: "json" or "protobuf". `api`: the http(s):// root of the HTTP API, which accounts and new tokens come
        from; needed with tcp:// and tls:// only, where no port tells. `tls`: for certificates of an authority of
        your own. `token`: of an external identity provider, or a coroutine function that gets one. `traceparent`: gives
        the span that what is asked now belongs to; called in the context of whoever asks. `clock`, `chance` (uniform in
        0 .. 1), `dial` and `http` replace the world in tests. Raises ValueError for what is no address.
        """
        self.url = url.rstrip("/")
        address, words = read_address(url, api), CODECS[codec]()
        self._clock = clock or SystemClock()
        self._store = store or MemoryStore()
        self._accounts = Accounts(address.api, http, tls)
        source = one_token(token) if isinstance(token, str) else token
        self._credentials = Credentials(self._accounts, self._store, self._clock.now_ms, source)
        dialer = dial or (lambda: dial_any(address.socket, words, tls))
        self._link = Link(self, dialer, words, self._clock, chance, max_attempts)
        self._inbox = Inbox()
        self._tasks = Tasks()
        self._traceparent = traceparent
        self._acknowledger = Acknowledger(self._report, self._clock)
        self._turned = asyncio.Event()
        self._last_state = StateChanged(Status.DISCONNECTED)
        self._begin()

    def _begin(self) -> None:
        """Start from what the store holds."""
        saved = self._store.load()
        self._device = saved.device
        self._flow = Flow(saved, self._store, self._inbox, self._clock, self._page_after, self._chats_after)
        self._outbox = Outbox(
            self._store,
            lambda send: self._ask(send, Sent),
            lambda event: self._inbox.put(event, Sort.NEWS),
            self._clock,
        )
        self._outbox.restore(saved.outbox)

    async def __aenter__(self) -> Self:
        """Nothing happens yet: sign up, log in or connect."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; unless by an exception, the event yielded last counts as handled."""
        if kind is None:
            self._settle()
        await self.close()

    # Signing in

    async def sign_up(self, user: str, password: str, display_name: str | None = None) -> None:
        """Make an account and connect. Raises RequestRefused (`conflict`: the name is taken), Unreachable."""
        await self._sign_in(await self._accounts.sign_up(user, password, display_name))

    async def log_in(self, user: str, password: str) -> None:
        """Start a session and connect. Raises RequestRefused (`unauthenticated`), Unreachable."""
        await self._sign_in(await self._accounts.log_in(user, password, self._device))

    @property
    def can_resume(self) -> bool:
        """The store holds a session, or a token was given: `connect` needs no password."""
        return self._credentials.present

    async def connect(self) -> None:
        """Connect, and stay connected. Returns when it is; raises Stopped when it gave up."""
        if not self._credentials.present:
            raise Stopped("log in first")
        self.start()
        await self.connected()

    async def connect_within(self, seconds: float) -> bool:
        """Connect; false if it takes longer, and goes on in the background. Raises Stopped as `connect`."""
        try:
            await asyncio.wait_for(self.connect(), seconds)
        except TimeoutError:
            return False
        return True

    def start(self) -> None:
        """Connect in the background; StateChanged events tell how it goes."""
        self._link.start()
        self._outbox.start()
        if not self._tasks.busy:
            self._tasks.spawn(self._keep_fresh(), "hubbub tokens")
            self._tasks.spawn(self._acknowledger.run(), "hubbub receipts")

    async def connected(self) -> None:
        """Returns when connected. Raises Stopped when the client stops."""
        while self.status is not Status.CONNECTED:
            if not self._link.running:
                raise Stopped(self._last_state.reason, self._last_state.code)
            self._turned.clear()
            await self._turned.wait()

    async def disconnect(self) -> None:
        """Disconnect and stay so until `connect`."""
        await self._link.stop()

    async def close(self) -> None:
        """Disconnect and let everything go, the store too. Undecided messages stay in the store."""
        await self._link.stop()
        await self._flow.aclose()
        await self._outbox.aclose()
        await self._tasks.cancel()
        self._inbox.end()
        await self._accounts.aclose()
        self._store.close()

    async def log_out(self, session: str = "current") -> None:
        """End a session: this one, another by id, or all with the empty string. Ending this one disconnects."""
        await self._accounts.end_session(await self._credentials.fresh(), session)
        if session in ("current", ""):
            await self._link.stop()
            self._credentials.forget()

    async def sessions(self) -> list[SessionInfo]:
        """This user's sessions."""
        return await self._accounts.sessions(await self._credentials.fresh())

    async def set_display_name(self, display_name: str) -> None:
        """Change how this user is shown."""
        await self._accounts.rename_me(await self._credentials.fresh(), display_name)

    async def set_picture(self, picture: bytes, media_type: str) -> None:
        """Change the picture this user is shown with: image/png, image/jpeg or image/webp, up to 65,535 bytes."""
        await self._accounts.picture_me(await self._credentials.fresh(), picture, media_type)

    # State

    @property
    def status(self) -> Status:
        """The connection's state."""
        return self._link.status

    @property
    def user(self) -> str:
        """Who this client speaks for; empty before it has ever connected."""
        return self._flow.user or self._credentials.user or ""

    @property
    def known(self) -> dict[str, Summary]:
        """This user's chats as last heard of: names and roles are kept current, counts are not."""
        return self._flow.known

    @property
    def undecided(self) -> int:
        """Messages that wait to be sent or answered."""
        return len(self._outbox)

    @property
    def on_their_way(self) -> list[Send]:
        """Those messages, also what an earlier process left."""
        return self._outbox.undecided

    async def events(self) -> AsyncIterator[Event]:
        """What happens, in order, until the client is closed. One consumer at a time."""
        while True:
            self._settle()
            event = await self._inbox.take()
            if event is None:
                return
            yield event

    # Sending

    async def send(
        self,
        chat: str,
        content: str,
        *,
        reply_to: int | None = None,
        msg_id: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (giving up waiting is not giving up sending)
    ) -> Sent:
        """Send a message to a chat; returns when it is durable, however many reconnections that takes.

        Raises RequestRefused; Undecided after `timeout` seconds or when the client stops (the message stays in the
        outbox, see there); OutboxFull and Stopped when it was not taken at all.
        """
        known = self.known.get(chat)
        if known is not None and known.peer is not None:
            return await self.send_direct(
                known.peer, content, reply_to=reply_to, msg_id=msg_id, timeout=timeout
            )
        name = msg_id or uuid4().hex
        message = Send(msg_id=name, msg_type="group", to=chat, content=content, reply_to=reply_to)
        return await self._post(message, timeout)

    async def send_direct(
        self,
        user: str,
        content: str,
        *,
        reply_to: int | None = None,
        msg_id: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (as in send)
    ) -> Sent:
        """Send a message to a person, as `send`."""
        name = msg_id or uuid4().hex
        message = Send(msg_id=name, msg_type="private", to=user, content=content, reply_to=reply_to)
        return await self._post(message, timeout)

    async def read(self, chat: str, seq: int) -> None:
        """Everything up to `seq` was seen by a person; covers `received`."""
        self._acknowledger.read(chat, seq)
        await self.ask(Read(chat=chat, seq=seq), Ok)

    async def ask(self, request: Request, expected: type[R]) -> R:
        """Send any request and wait for its reply. Messages wait as long as the client runs, all else 30 s."""
        return await self._ask(in_span(request, self._traceparent()), expected)

    async def _ask(self, request: Request, expected: type[R]) -> R:
        return await answered(request, self._link.ask(request), expected)

    def tell(self, request: Request) -> None:
        """Send a request without a reply, if there is a connection."""
        self._link.tell(request)

    # What the link asks of its owner

    async def token(self, *, renew: bool) -> str:
        """See link.Owner."""
        return await (self._credentials.renew() if renew else self._credentials.fresh())

    def hello(self, token: str) -> Hello:
        """See link.Owner. The full list of chats is asked for once a process; after that, what changed."""
        cursors = self._flow.cursors()
        return Hello(
            token=token,
            device=self._device,
            epoch=self._flow.epoch if cursors else None,
            cursors=cursors or None,
            chats="changed" if self._flow.greeted and cursors else "all",
        )

    def welcomed(self, welcome: Welcome) -> None:
        """See link.Owner."""
        self._store.claim(welcome.user)
        self._flow.welcomed(welcome)

    def heard(self, word: Push | Entry) -> None:
        """See link.Owner."""
        self._flow.heard(word)

    def lost(self) -> None:
        """See link.Owner."""
        self._flow.lost()

    def changed(self, state: StateChanged) -> None:
        """See link.Owner."""
        self._last_state = state
        self._inbox.put(state, Sort.NEWS)
        self._turned.set()
        if state.code == SESSION_REVOKED:
            self._credentials.forget()
        if not self._link.running:
            self._outbox.stop(state.reason)

    # Inside

    async def _sign_in(self, tokens: Tokens) -> None:
        await self._link.stop()
        other = self._store.load().user not in ("", tokens.user)
        self._credentials.adopt(tokens)
        if other:
            self._begin()
        await self.connect()

    async def _post(self, message: Send, patience: float | None) -> Sent:
        if not self._link.running:
            raise Stopped(self._last_state.reason or "log in or connect first", self._last_state.code)
        try:
            return await asyncio.wait_for(self._outbox.post(in_span(message, self._traceparent())), patience)
        except TimeoutError:
            raise Undecided(message.msg_id, f"no answer within {patience} s") from None

    def _settle(self) -> None:
        """The event yielded last is handled."""
        event, position = self._inbox.handled()
        if position is not None:
            self._remember(position)
        if isinstance(event, Message) and event.sender != self.user:
            self._acknowledger.handled(event.chat, event.seq)
        if self._inbox.drained:
            self._flow.drained()

    def _remember(self, position: Position) -> None:
        if position.seq is None:
            self._store.forget(position.chat)
        else:
            self._store.advance(position.chat, position.seq, position.epoch)

    async def _report(self, chat: str, seq: int) -> None:
        await self._ask(Received(chat=chat, seq=seq), Ok)

    async def _page_after(self, chat: str, seq: int) -> Page:
        return await self._ask(History(chat=chat, after=seq, limit=PAGE_MAX), Page)

    async def _chats_after(self, chat: str | None) -> Chats:
        return await self._ask(ListChats(after=chat), Chats)

    async def _keep_fresh(self) -> None:
        """Renew tokens before they end; a failure shows when one is needed."""
        while True:
            wait = self._credentials.seconds_until_stale()
            await self._clock.sleep(RENEW_AGAIN_S if wait is None else max(wait, RENEW_AGAIN_S))
            try:
                await self._credentials.fresh()
            except HubbubError:
                continue
