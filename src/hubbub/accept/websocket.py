"""WebSocket: uvicorn gives us the socket at the upgrade, and from then on the bytes are ours (RFC 6455)."""

import asyncio
from http import HTTPStatus
from sys import intern
from typing import Any, cast

from hubbub.accept.admission import MALFORMED, REASONS
from hubbub.accept.connection import Connection, Gate
from hubbub.accept.endpoints import peer_of
from hubbub.codec.websocket_frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Event,
    FrameReader,
    ProtocolViolation,
    close_code,
    close_frame,
    ping_frame,
    pong_frame,
)
from hubbub.codec.websocket_handshake import (
    HandshakeRefused,
    UpgradeRequest,
    accept_response,
    choose_subprotocol,
    parse_upgrade,
)
from hubbub.codec.wires import WEBSOCKET_JSON, WEBSOCKET_PROTOBUF
from hubbub.dispatch.session import CLOSED
from hubbub.model.errors import CloseCode

SUBPROTOCOLS = {"hubbub.v1.json": WEBSOCKET_JSON, "hubbub.v1.protobuf": WEBSOCKET_PROTOBUF}
OPCODES = {WEBSOCKET_JSON: TEXT, WEBSOCKET_PROTOBUF: BINARY}  # the frames that hold envelopes
BEARER = "bearer "
PING_FRAME = ping_frame(b"")


class WebSocketConnection(Connection, asyncio.Protocol):
    """One WebSocket. Made by uvicorn at the upgrade; the first bytes it gets are the request's head."""

    __slots__ = ("_reader",)

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate)
        self._reader: FrameReader | None = None
        self.wire = WEBSOCKET_JSON

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Uvicorn hands over its transport."""
        self.transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        """The socket is closed, by whomever."""
        if self._reader is not None:
            self.gate.admission.leave(self.address)
            self.lost()
            self._reader = (
                None  # the wheel remembers the connection for a while, but not half a message of it
            )

    def data_received(self, data: bytes) -> None:
        """Bytes of the client; any of them is a sign of life."""
        if self._reader is None:
            self._open(data)
            return
        self.seen = self.gate.wheel.now
        spoken = OPCODES[self.wire]
        try:
            for opcode, payload in self._reader.feed(data):
                if opcode != spoken:
                    self._handle((opcode, payload))
                elif self.state != CLOSED:
                    self.gate.listener.receive(self, payload)
        except ProtocolViolation as violation:
            self.finish(violation.code, violation.reason)
            self.half_close()

    def eof_received(self) -> bool:
        """The peer will send nothing more."""
        return False

    # ── the handshake ───────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, head: bytes) -> None:
        try:
            request = parse_upgrade(head, self.gate.head_bytes)
            self._admit(request)
            subprotocol = choose_subprotocol(request.subprotocols, tuple(SUBPROTOCOLS))
            self.gate.admission.enter(self.address)
        except HandshakeRefused as refused:
            self.gate.admission.refused[REASONS.get(refused.status, MALFORMED)] += 1
            self.gate.log.refused(self.address, refused)
            self.transport.write(refused.response())
            self.transport.close()
            return
        self._reader = FrameReader(self.gate.frame_limits)
        self.wire = SUBPROTOCOLS.get(subprotocol or "", WEBSOCKET_JSON)
        self.put(accept_response(request.key, subprotocol))
        self.opened()
        span = self.gate.traces.request("GET /ws", request.headers.get("traceparent"))
        if span is not None:  # it ends here: what is said on the connection are requests of their own
            span.end(status=HTTPStatus.SWITCHING_PROTOCOLS.value)

    def _admit(self, request: UpgradeRequest) -> None:
        peer = peer_of(self.transport)
        self.address = intern(self.gate.admission.address_of(peer, request.headers))
        self.gate.admission.check(request)
        authorization = request.authorization or ""
        if authorization[: len(BEARER)].lower() == BEARER:
            self.bearer = authorization[len(BEARER) :].strip()

    # ── frames that are no envelope ─────────────────────────────────────────────────────────────────────────────

    def _handle(self, event: Event) -> None:
        opcode, payload = event
        if opcode == PONG:
            self.ponged()
            return
        if opcode == CLOSE:
            self._closed_by_peer(payload)
        elif self.state == CLOSED:
            return
        elif opcode == PING:
            self._answer_ping(payload)
        else:
            self.finish(CloseCode.UNSUPPORTED.number, "this sub-protocol has no such frames")

    def _answer_ping(self, payload: bytes) -> None:
        """As often as the setting allows; a flood of pings is not answered, and costs no memory."""
        if not self.stalled and not self.gate.pongs.take(
            id(self), 1, self.gate.wheel.now * self.gate.wheel.tick_ms
        ):
            self.put(pong_frame(payload))

    def _closed_by_peer(self, payload: bytes) -> None:
        """Echo the peer's close, or take it as the answer to ours; then the socket may go (RFC 6455 §7.1.1)."""
        if self.state != CLOSED:
            self.finish(close_code(payload) if payload else CloseCode.NORMAL.number, "")
        self._hang_up()

    def _hang_up(self) -> None:
        self.flush()
        self.transport.close()

    def say_closing(self, code: int, reason: str) -> None:
        """A close frame; the peer answers it with its own."""
        self.put(close_frame(code, reason))

    def ping(self) -> None:
        """A ping frame, which browsers answer by themselves."""
        self.put(PING_FRAME)


class WebSocketFactory:
    """What uvicorn calls at an upgrade, with its own idea of arguments."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __call__(self, config: Any, server_state: Any, app_state: Any) -> asyncio.Protocol:  # noqa: ANN401, ARG002
        return cast("asyncio.Protocol", WebSocketConnection(self._gate))
