"""Framed TCP: data frames on a port of their own (docs/protocol.md §1), for clients that are no browsers.

What differs from WebSocket: there is no handshake, so admission speaks in envelopes; the first frame chooses the codec; the
server asks for signs of life with an envelope `ping`; and a close code travels in `bye` alone.
"""

import asyncio
from collections.abc import Mapping
from sys import intern

from hubbub.accept.admission import ADDRESS, DRAINING
from hubbub.accept.connection import Connection, Gate
from hubbub.accept.endpoints import peer_of
from hubbub.codec import data_frame
from hubbub.codec.data_frame import DataFrameReader, DataFrameViolation
from hubbub.codec.wires import TCP_JSON, TCP_PROTOBUF, Wire
from hubbub.dispatch.session import CLOSED
from hubbub.model.errors import CloseCode, ErrorCode
from hubbub.model.replies import ErrorReply, PingPush

WIRES: Mapping[int | None, Wire] = {
    None: TCP_JSON,  # an error before the first frame is JSON
    data_frame.JSON: TCP_JSON,
    data_frame.PROTOBUF: TCP_PROTOBUF,
}
COME_BACK_MS = 5_000  # for one who comes while the server ends
LONGEST_PONG = 64  # bytes: what is larger is not even tried


class TcpConnection(Connection, asyncio.BufferedProtocol):
    """One socket. All of them read into the gate's one inbox, which each empties before the next is filled.

    `address`: the client's, if a proxy has said it.
    """

    __slots__ = ("_entered", "_reader")

    def __init__(self, gate: Gate, address: str = "") -> None:
        super().__init__(gate)
        self.address = address
        self._entered = False
        self._reader = DataFrameReader(gate.frame_limits.max_message_bytes)
        self.wire = TCP_JSON

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer is here (with TLS: and has shaken hands)."""
        self.transport = transport
        self.address = intern(self.address or peer_of(transport))
        self.opened()
        self._admit()

    def _admit(self) -> None:
        admission = self.gate.admission
        if admission.draining:
            admission.refused[DRAINING] += 1
            self.close(CloseCode.SERVICE_RESTART, reconnect_in_ms=COME_BACK_MS)
            return
        self._entered = admission.take_place(self.address)
        if not self._entered:
            admission.refused[ADDRESS] += 1
            self.close(CloseCode.TOO_MANY_CONNECTIONS, "Too many connections from your address.")

    def connection_lost(self, _error: Exception | None) -> None:
        """The socket is closed, by whomever."""
        if self._entered:
            self.gate.admission.leave(self.address)
        self.lost()
        del self._reader  # the wheel remembers the connection for a while, but not half a frame of it

    def get_buffer(self, _hint: int) -> bytearray:
        """Where the next bytes go."""
        return self.gate.inbox

    def buffer_updated(self, size: int) -> None:
        """Bytes of the client; any of them is a sign of life."""
        self.seen = self.gate.wheel.now
        if self.state == CLOSED:
            return
        reader, skipped = self._reader, self._reader.skipped
        try:
            for payload in reader.feed(self.gate.inbox, size):
                self.wire = WIRES[reader.codec]
                self._receive(payload)
        except DataFrameViolation as violation:
            self._break_off(violation)
        self.gate.noise += reader.skipped - skipped

    def _receive(self, payload: bytes) -> None:
        if self.state == CLOSED:
            return
        if len(payload) <= LONGEST_PONG and self.wire.codec.is_pong(payload):
            self.ponged()
            return
        self.gate.listener.receive(self, payload)

    def _break_off(self, violation: DataFrameViolation) -> None:
        """Nobody knows where the next frame begins, or how it is to be read."""
        if self.state == CLOSED:
            return
        self.wire = WIRES[self._reader.codec]
        self.put(self.wire.frame(ErrorReply(code=ErrorCode.PROTOCOL_ERROR, message=str(violation))))
        self.close(CloseCode.PROTOCOL_ERROR)

    def eof_received(self) -> bool:
        """The peer will send nothing more; what is answered already it may still want."""
        self.flush()
        return False

    def say_closing(self, _code: int, _reason: str) -> None:
        """The code went ahead in `bye`."""
        self.half_close()

    def ping(self) -> None:
        """An envelope, which the peer answers with `pong` or anything else."""
        self.put(self.wire.frame(PingPush()))
