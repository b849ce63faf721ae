"""`hubbub send`: one message from a shell line or a cron job. The exit status tells how it went."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hubbub_client.client import Client
from hubbub_client.errors import HubbubError, OutboxFull, RequestRefused, Stopped, Undecided, Unreachable
from hubbub_client.events import StateChanged
from hubbub_client.store import MemoryStore, Store
from hubbub_client.tasks import Tasks
from hubbub_client.terminal.place import Place
from hubbub_client.terminal.safe_text import one_line
from hubbub_client.terminal.state import borrow_session
from hubbub_client.terminal.wording import trouble
from hubbub_client.wire.entries import Summary
from hubbub_client.wire.replies import Sent

SENT, REFUSED, TRY_AGAIN, NOT_LOGGED_IN = 0, 1, 75, 77
"""Exit statuses; the last two are EX_TEMPFAIL and EX_NOPERM of sysexits.h, which mail programs use as well."""

WAYS_IN = (
    "Log in once with `hubbub chat`, or give a token (--token, HUBBUB_TOKEN), or a name and its password "
    "(--user NAME --password-file FILE)."
)


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line. `to` is a chat's id, a room's name, or @user."""

    place: Place
    to: str
    content: str
    msg_id: str | None
    token: str | None
    user: str | None
    password: str | None
    state: Path | None
    patience_s: float


class Failed(Exception):
    """Nothing was sent, or nobody knows; the text says what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


MakeClient = Callable[[Order, Store], Client]


def make_client(order: Order, store: Store) -> Client:
    """A client for one message."""
    return order.place.client(store=store, token=order.token)


async def send(order: Order, make: MakeClient = make_client) -> Sent:
    """Send one message; returns when it is durable. Raises Failed."""
    async with make(order, _store(order)) as client:
        watch = _Watch()
        tasks = Tasks()
        tasks.spawn(watch.run(client), "send events")
        try:
            async with asyncio.timeout(order.patience_s):
                return await _send(order, client)
        except TimeoutError as error:
            raise Failed(TRY_AGAIN, watch.says(order)) from error
        except HubbubError as error:
            raise _failed(error) from error
        finally:
            await tasks.cancel()


def _store(order: Order) -> Store:
    """Where the session comes from: nothing is remembered but what `hubbub chat` remembers. Raises Failed."""
    if order.token or order.password is not None:
        return MemoryStore()
    store = borrow_session(order.place.server, order.user, order.state)
    if store is None:
        who = f" as {order.user}" if order.user else ""
        raise Failed(NOT_LOGGED_IN, f"not logged in at {order.place.server}{who}. {WAYS_IN}")
    return store


async def _send(order: Order, client: Client) -> Sent:
    if order.password is None:
        await client.connect()
        return await _deliver(order, client)
    await client.log_in(order.user or "", order.password)
    try:
        return await _deliver(order, client)
    finally:
        await client.log_out()


async def _deliver(order: Order, client: Client) -> Sent:
    if order.to.startswith("@"):
        return await client.send_direct(order.to[1:], order.content, msg_id=order.msg_id)
    chat = find_room(order.to, await client.all_chats())
    return await client.send(chat, order.content, msg_id=order.msg_id)


def find_room(wanted: str, chats: list[Summary]) -> str:
    """The one chat with this id or name. Raises Failed."""
    if any(summary.chat == wanted for summary in chats):
        return wanted
    rooms = [summary for summary in chats if summary.peer is None]
    found = [room for room in rooms if room.name.casefold() == wanted.removeprefix("#").casefold()]
    if len(found) == 1:
        return found[0].chat
    if found:
        listed = ", ".join(room.chat for room in found)
        raise Failed(REFUSED, f"several rooms are called {wanted}: say which by its id ({listed})")
    names = ", ".join(sorted(one_line(room.name) for room in rooms)) or "none"
    raise Failed(
        REFUSED, f"you are in no room called {wanted}. Yours: {names}. A person is written @{wanted}."
    )


class _Watch:
    """Consumes events, as a client needs somebody to do, and remembers why there is no connection."""

    def __init__(self) -> None:
        self._state: StateChanged | None = None

    async def run(self, client: Client) -> None:
        async for event in client.events():
            if isinstance(event, StateChanged) and event.reason:
                self._state = event

    def says(self, order: Order) -> str:
        why = f" ({self._state.reason})" if self._state is not None else ""
        again = (
            "with the same --msg-id, so that it is sent once"
            if order.msg_id
            else "; give a --msg-id to be safe"
        )
        return f"no answer from {order.place.url} within {order.patience_s:g} s{why}. Try again {again}."


def _failed(error: HubbubError) -> Failed:
    match error:
        case RequestRefused(code="unauthenticated"):
            return Failed(NOT_LOGGED_IN, f"wrong name or password. {WAYS_IN}")
        case RequestRefused(code="unavailable" | "rate_limited"):
            return Failed(TRY_AGAIN, trouble(error))
        case RequestRefused():
            return Failed(REFUSED, trouble(error))
        case Stopped(code=None) | Stopped(code=4501):
            return Failed(NOT_LOGGED_IN, f"{error.reason}. {WAYS_IN}")
        case Undecided() | Unreachable() | OutboxFull() | Stopped():
            return Failed(TRY_AGAIN, str(error))
    return Failed(REFUSED, str(error))
