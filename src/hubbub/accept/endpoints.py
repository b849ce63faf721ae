"""The two ends of a connection, asked of the kernel and not kept.

uvloop duplicates a socket to learn a name, and holds what it learned, three hundred bytes, as long as the connection lives.
"""

import asyncio
import socket
from typing import Any

from hubbub.push.mailbox import NOWHERE

Name = Any
"""(address, port, …), as the family of the socket has it."""


def peer_of(transport: asyncio.BaseTransport) -> str:
    """The peer's address; empty where it is gone already, or has none."""
    peer = _names(transport)[1]
    return str(peer[0]) if peer else ""


class Borrowed(socket.SocketType):
    """A transport's socket. The transport closes it, and nobody else: this one only lets go of it, also when it is forgotten."""

    __slots__ = ()

    def __init__(self, held: Any) -> None:  # noqa: ANN401 - what stands for the socket on this event loop
        super().__init__(held.family, held.type, held.proto, held.fileno())

    def __del__(self) -> None:
        self.detach()


def socket_past(transport: asyncio.WriteTransport) -> socket.SocketType:
    """What takes bytes past the transport while that keeps none; NOWHERE where it encrypts, or keeps some already."""
    held = transport.get_extra_info("socket")
    encrypts = transport.get_extra_info("sslcontext") is not None
    if held is None or encrypts or transport.get_write_buffer_size():
        return NOWHERE
    borrowed = Borrowed(held)
    borrowed.setblocking(False)
    return borrowed


def _names(transport: asyncio.BaseTransport) -> tuple[Name, Name]:
    """Of the socket's own end and of its peer's."""
    held = transport.get_extra_info("socket")
    if held is None:
        return transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    try:
        borrowed = Borrowed(held)
        return borrowed.getsockname(), borrowed.getpeername()
    except OSError:
        return None, None


class Introduced:
    """A transport as uvicorn meets it: both names are known. It may ask for nothing else."""

    __slots__ = ("_peername", "_sockname", "_transport")

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._sockname, self._peername = _names(transport)

    def get_extra_info(self, name: str) -> Any:  # noqa: ANN401 - as asyncio's
        """Names without a socket to ask for them; the rest as the transport has it."""
        if name == "socket":
            return None
        if name == "sockname":
            return self._sockname
        if name == "peername":
            return self._peername
        return self._transport.get_extra_info(name)
