"""A server that echoes WebSocket messages, for the Autobahn cases: the codec behind uvicorn's own listener.

Prints its URL once it accepts connections, and serves until SIGTERM. With `--large`, messages up to 16 MiB in any
number of fragments (group 9); otherwise the limits in force for chat.
"""

# ruff: noqa: T201 (its URL is printed for the test that starts it)
import argparse
import asyncio
import contextlib
import logging
import socket

import uvicorn

from hubbub.codec import websocket_frames as frames
from hubbub.codec.websocket_handshake import HandshakeRefused, accept_response, parse_upgrade

LARGE = frames.FrameLimits(max_message_bytes=16 << 20, max_fragments=1 << 20)
limits = frames.FrameLimits()


class EchoProtocol(asyncio.Protocol):
    """What uvicorn's `ws=` asks for: it passes the request head to `data_received` first."""

    def __init__(self, **_uvicorn: object) -> None:
        self.reader: frames.FrameReader | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.reader is None:
            self.open(data)
            return
        try:
            for opcode, payload in self.reader.feed(data):
                self.answer(opcode, payload)
        except frames.ProtocolViolation as violation:
            self.end(frames.close_frame(violation.code, violation.reason))

    def open(self, head: bytes) -> None:
        try:
            request = parse_upgrade(head)
        except HandshakeRefused as refusal:
            self.end(refusal.response())
            return
        self.reader = frames.FrameReader(limits)
        self.transport.write(accept_response(request.key, None))

    def answer(self, opcode: int, payload: bytes) -> None:
        if opcode == frames.CLOSE:
            self.end(frames.close_frame(frames.close_code(payload)))
        elif opcode == frames.PING:
            self.transport.write(frames.pong_frame(payload))
        elif opcode != frames.PONG:
            self.transport.write(frames.frame_header(opcode, len(payload)) + payload)

    def end(self, last: bytes) -> None:
        self.transport.write(last)
        self.transport.close()


async def serve(listener: socket.socket) -> None:
    config = uvicorn.Config(app=refuse, ws=EchoProtocol, lifespan="off", log_level=logging.WARNING)
    server = uvicorn.Server(config)
    host, port = listener.getsockname()
    print(f"ws://{host}:{port}", flush=True)
    await server.serve([listener])


async def refuse(scope: object, receive: object, send: object) -> None:
    raise AssertionError(f"only WebSockets are served here, not {scope}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    limits = LARGE if arguments.large else limits
    with (
        socket.create_server(("127.0.0.1", arguments.port)) as listener,
        contextlib.suppress(KeyboardInterrupt),
    ):
        asyncio.run(serve(listener))
