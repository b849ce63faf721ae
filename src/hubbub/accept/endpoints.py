"""The two ends of a connection, asked of the kernel and not kept.

uvloop duplicates a socket to learn a name, and holds what it learned, three hundred bytes, as long as the connection lives.
"""

import asyncio
import socket
from typing import Any

Name = Any
"""(address, port, …), as the family of the socket has it."""


def peer_of(transport: asyncio.BaseTransport) -> str:
    """The peer's address; empty where it is gone already, or has none."""
    peer = _names(transport)[1]
    return str(peer[0]) if peer else ""


def descriptor_of(transport: asyncio.WriteTransport) -> int:
    """Of the socket, if bytes may pass the transport by while it keeps none; -1 where it encrypts, or keeps some already."""
    held = transport.get_extra_info("socket")
    encrypts = transport.get_extra_info("sslcontext") is not None
    if held is None or encrypts or transport.get_write_buffer_size():
        return -1
    descriptor: int = held.fileno()
    return descriptor


def _names(transport: asyncio.BaseTransport) -> tuple[Name, Name]:
    """Of the socket's own end and of its peer's."""
    held = transport.get_extra_info("socket")
    if held is None:
        return transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    borrowed = socket.socket(held.family, held.type, held.proto, held.fileno())
    try:
        return borrowed.getsockname(), borrowed.getpeername()
    except OSError:
        return None, None
    finally:
        borrowed.detach()


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
