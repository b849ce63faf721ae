"""Both ends of a connection, on either event loop, and that nothing of them is kept."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
import uvloop

from hubbub.accept.endpoints import Borrowed, Introduced, peer_of, socket_past
from hubbub.push.mailbox import NOWHERE
from hubbub.testing.transport import ManualTransport

Ask = Callable[[asyncio.BaseTransport], object]
Run = Callable[
    [Coroutine[Any, Any, tuple[object, tuple[Any, ...], bool]]], tuple[object, tuple[Any, ...], bool]
]


async def met(ask: Ask) -> tuple[object, tuple[Any, ...], bool]:
    """What `ask` gives of a transport that a server was just given, with the client's own two names."""
    asked: asyncio.Future[tuple[object, asyncio.BaseTransport]] = asyncio.get_running_loop().create_future()

    class Meeting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            asked.set_result((ask(transport), transport))

    server = await asyncio.get_running_loop().create_server(Meeting, "127.0.0.1", 0)
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        seen, transport = await asked
        ends = (writer.get_extra_info("peername"), writer.get_extra_info("sockname"))
        still_open = not transport.is_closing()
        writer.close()
    return seen, ends, still_open


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_uvicorn_is_told_both_names_and_the_socket_stays_open(run: Run) -> None:
    def ask(transport: asyncio.BaseTransport) -> tuple[Any, ...]:
        introduced = Introduced(transport)
        return tuple(
            introduced.get_extra_info(name) for name in ("sockname", "peername", "socket", "sslcontext")
        )

    seen, ends, still_open = run(met(ask))
    assert seen == (*ends, None, None)
    assert still_open


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_the_peer_has_an_address(run: Run) -> None:
    seen, _, _ = run(met(peer_of))
    assert seen == "127.0.0.1"


def test_a_transport_without_a_socket_says_who_its_peer_is() -> None:
    assert peer_of(cast("asyncio.BaseTransport", ManualTransport(peer="192.0.2.7"))) == "192.0.2.7"


def test_a_peer_that_is_gone_has_no_address() -> None:
    class Lost:
        def __init__(self, sock: socket.socket) -> None:
            self.sock = sock

        def get_extra_info(self, _name: str) -> socket.socket:
            return self.sock

    with socket.socket() as never_connected:
        assert not peer_of(cast("asyncio.BaseTransport", Lost(never_connected)))
        assert never_connected.fileno() > 0


# ── past the transport ──────────────────────────────────────────────────────────────────────────────────────────────


class OnSocket(ManualTransport):
    """A transport that has a socket, perhaps with TLS on it."""

    def __init__(self, sock: socket.socket, *, encrypts: bool = False) -> None:
        super().__init__()
        self.extra = {"socket": sock, "sslcontext": object() if encrypts else None}

    def get_extra_info(self, name: str) -> object:
        return self.extra[name]


def past(transport: ManualTransport) -> socket.SocketType:
    return socket_past(cast("asyncio.WriteTransport", transport))


def test_a_borrowed_socket_that_is_forgotten_stays_open() -> None:
    with socket.socketpair()[0] as ours:
        borrowed = Borrowed(ours)
        assert borrowed.fileno() == ours.fileno()
        del borrowed
        assert os.fstat(ours.fileno())


def test_bytes_pass_a_transport_by_only_where_they_would_not_overtake_others_or_escape_encryption() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert past(OnSocket(ours)).send(b"plain") == 5
        assert theirs.recv(10) == b"plain"
        keeping = OnSocket(ours)
        keeping.stop_reading()
        keeping.write(b"first")
        assert past(keeping) is NOWHERE
        assert past(OnSocket(ours, encrypts=True)) is NOWHERE
        assert past(ManualTransport()) is NOWHERE
    with pytest.raises(OSError, match="Bad file descriptor"):
        NOWHERE.send(b"lost")
