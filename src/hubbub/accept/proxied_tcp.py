"""Framed TCP behind proxies that say whom they bring (setting `tcp.proxy_protocol`).

The header comes before everything else, the TLS handshake too. It is read from trusted proxies, and must come from them; what
anybody else says of their address is worth nothing, and so is noise.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from hubbub.accept.admission import MALFORMED
from hubbub.accept.connection import Gate
from hubbub.accept.tcp import TcpConnection
from hubbub.codec.proxy_header import ProxyHeaderReader, ProxyHeaderViolation

log = structlog.get_logger("hubbub.tcp")

Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class ProxiedSocket(asyncio.BufferedProtocol):
    """A socket until it is known who is there; then a TcpConnection has it. `handshake` (s) bounds that of TLS."""

    def __init__(self, gate: Gate, context: ssl.SSLContext | None, handshake: float, spawn: Spawn) -> None:
        self._gate = gate
        self._context = context
        self._handshake = handshake
        self._spawn = spawn
        self._reader: ProxyHeaderReader | None = ProxyHeaderReader()
        self._deadline = gate.wheel.now + gate.head_ticks
        self.due = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer is here: a proxy that has to say more, or a client."""
        self._transport: Any = transport
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if peer else ""
        if self._gate.admission.trusts(self._peer):
            self._gate.wheel.watch(self, self._gate.head_ticks)
        else:
            self._hand_over(self._peer)

    def get_buffer(self, _hint: int) -> memoryview:
        """Where the next bytes go, and no more of them than the header can have."""
        wanted = 0 if self._reader is None else self._reader.wanted
        return memoryview(self._gate.inbox)[:wanted]

    def buffer_updated(self, size: int) -> None:
        """Bytes of the header."""
        reader = self._reader
        if reader is None:
            return
        try:
            reader.feed(memoryview(self._gate.inbox)[:size])
        except ProxyHeaderViolation as violation:
            self._give_up(str(violation))
            return
        if not reader.wanted:
            self._hand_over(reader.address or self._peer)

    def look(self, tick: int) -> int | None:
        """The header should have been read by now."""
        if self._reader is None:
            return None
        if tick < self._deadline:
            return self._deadline - tick
        self._give_up("It is not complete in time.")
        return None

    def connection_lost(self, _error: Exception | None) -> None:
        """The peer is gone, or the socket is another protocol's."""
        self._reader = None

    def _give_up(self, why: str) -> None:
        self._reader = None
        self._gate.admission.refused[MALFORMED] += 1
        fields = {"source.address": self._peer, "error.message": why}
        log.warning("a trusted proxy sends no PROXY header; is it told to?", **fields)
        self._transport.abort()

    def _hand_over(self, address: str) -> None:
        """The descriptor goes on under another transport: this one can neither begin TLS nor give back what it read."""
        self._reader = None
        self._transport.pause_reading()
        sock = self._transport.get_extra_info("socket").dup()
        self._transport.abort()
        self._spawn(self._serve(sock, address), "framed TCP")

    async def _serve(self, sock: socket.socket, address: str) -> None:
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: TcpConnection(self._gate, address),
                sock,
                ssl=self._context,
                ssl_handshake_timeout=None if self._context is None else self._handshake,
            )
        except OSError as error:
            log.debug("no TLS handshake", **{"source.address": address, "error.message": str(error)})
            sock.close()
