"""The client for scripts: the same requests, blocking. One thread runs the event loop; no `async` anywhere.

with Client("http://127.0.0.1:8080") as client:
    client.log_in("alice", "correct horse")
    client.send_direct("bob", "hello")
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Iterator
from functools import update_wrapper
from threading import Thread
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from hubbub_client.client import ATTEMPTS_MAX
from hubbub_client.client import Client as AsyncClient
from hubbub_client.connection import Status
from hubbub_client.credentials import TokenSource
from hubbub_client.errors import HubbubError
from hubbub_client.events import Event
from hubbub_client.spans import Traceparent, no_span
from hubbub_client.store import Store
from hubbub_client.wire.codecs import CodecName
from hubbub_client.wire.entries import Summary

P = ParamSpec("P")
R = TypeVar("R")


class WrongThread(HubbubError):
    """Blocking calls would stop the event loop that runs here: use `hubbub_client.Client` in coroutines."""


def _blocking(
    method: Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, R]],
) -> "Callable[Concatenate[Client, P], R]":
    """The same method, returning when it is done."""

    def call(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._run(lambda: method(self._client, *args, **kwargs))

    update_wrapper(call, method)
    return call


class Client:
    """One user on one server, as `hubbub_client.Client`, whose methods and errors these are.

    Use it as a context manager. Its methods may be called from several threads. The connection is kept between calls;
    `events` is needed only by those who want to know what happens.
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
    ) -> None:
        """As `hubbub_client.Client`. Raises ValueError for what is no address."""
        self._loop = asyncio.new_event_loop()
        self._client = AsyncClient(
            url, codec=codec, api=api, tls=tls, store=store, token=token, traceparent=traceparent,
            max_attempts=max_attempts,
        )  # fmt: skip
        self._thread = Thread(target=self._loop.run_forever, name=f"hubbub {url}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Nothing happens yet: sign up, log in or connect."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; unless by an exception, the event yielded last counts as handled."""
        try:
            self._run(lambda: self._client.__aexit__(kind, error, trace))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """What happens, in order; ends when nothing came for `timeout` seconds, or when the client is closed.

        An event counts as handled when the next one is asked for. One consumer at a time.
        """
        events = self._client.events()
        while True:
            try:
                event = self._run(lambda: asyncio.wait_for(anext(events, None), timeout))
            except TimeoutError:
                return
            if event is None:
                return
            yield event

    # State

    @property
    def status(self) -> Status:
        """The connection's state."""
        return self._client.status

    @property
    def user(self) -> str:
        """Who this client speaks for; empty before it has ever connected."""
        return self._client.user

    @property
    def known(self) -> dict[str, Summary]:
        """A copy of this user's chats as last heard of."""
        return dict(self._client.known)

    # Requests

    sign_up = _blocking(AsyncClient.sign_up)
    log_in = _blocking(AsyncClient.log_in)
    log_out = _blocking(AsyncClient.log_out)
    connect = _blocking(AsyncClient.connect)
    connect_within = _blocking(AsyncClient.connect_within)
    connected = _blocking(AsyncClient.connected)
    disconnect = _blocking(AsyncClient.disconnect)
    sessions = _blocking(AsyncClient.sessions)
    set_display_name = _blocking(AsyncClient.set_display_name)
    set_picture = _blocking(AsyncClient.set_picture)
    send = _blocking(AsyncClient.send)
    send_direct = _blocking(AsyncClient.send_direct)
    edit = _blocking(AsyncClient.edit)
    delete = _blocking(AsyncClient.delete)
    react = _blocking(AsyncClient.react)
    received = _blocking(AsyncClient.received)
    read = _blocking(AsyncClient.read)
    history = _blocking(AsyncClient.history)
    chats = _blocking(AsyncClient.chats)
    all_chats = _blocking(AsyncClient.all_chats)
    create_room = _blocking(AsyncClient.create_room)
    rooms = _blocking(AsyncClient.rooms)
    join = _blocking(AsyncClient.join)
    leave = _blocking(AsyncClient.leave)
    rename = _blocking(AsyncClient.rename)
    members = _blocking(AsyncClient.members)
    invite = _blocking(AsyncClient.invite)
    kick = _blocking(AsyncClient.kick)
    ban = _blocking(AsyncClient.ban)
    unban = _blocking(AsyncClient.unban)
    mute = _blocking(AsyncClient.mute)
    set_role = _blocking(AsyncClient.set_role)
    befriend = _blocking(AsyncClient.befriend)
    accept = _blocking(AsyncClient.accept)
    decline = _blocking(AsyncClient.decline)
    unfriend = _blocking(AsyncClient.unfriend)
    block = _blocking(AsyncClient.block)
    unblock = _blocking(AsyncClient.unblock)
    friends = _blocking(AsyncClient.friends)
    profile = _blocking(AsyncClient.profile)
    presence = _blocking(AsyncClient.presence)
    ping = _blocking(AsyncClient.ping)

    def typing(self, chat: str, *, on: bool = True) -> None:
        """Typing began or ended; not sent when there is no connection."""
        self._loop.call_soon_threadsafe(lambda: self._client.typing(chat, on=on))

    def _run(self, start: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Run a coroutine in the client's thread; an interruption here ends it there."""
        if _loop_runs_here():
            raise WrongThread(WrongThread.__doc__)
        future = asyncio.run_coroutine_threadsafe(start(), self._loop)
        try:
            return future.result()
        finally:
            future.cancel()


def _loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
