"""A server that echoes WebSocket messages, for the Autobahn cases: hubbub's own listener with another application.

Prints its URL once it accepts connections, and serves until SIGTERM. Limits are those of chat; `--large` allows
messages of 16 MiB in any number of fragments (group 9).
"""

# ruff: noqa: T201 (its URL is printed for the test that starts it)
import argparse
import asyncio
import time

import uvloop

from hubbub.accept import websocket
from hubbub.accept.admission import Admission
from hubbub.accept.connection import Connection, Gate
from hubbub.accept.connection_log import ConnectionLog
from hubbub.accept.heartbeat import TimingWheel
from hubbub.accept.listener import Port
from hubbub.codec.websocket_frames import BINARY, Event, FrameLimits, binary_frame, text_frame
from hubbub.dispatch.limits import TokenBuckets
from hubbub.dispatch.session import OPEN
from hubbub.push.mailbox import Flusher
from hubbub.runtime.bounded_lines import BoundedLines

LARGE = FrameLimits(max_message_bytes=16 << 20, max_fragments=1 << 20)
TICK_SECONDS = 0.1
NEVER = 1_000_000  # ticks: a case may be silent for long, and none says hello


class EchoConnection(websocket.WebSocketConnection):
    """Waits for no hello, and echoes binary messages too, which `hubbub.v1.json` refuses with 1003."""

    __slots__ = ()

    def opened(self) -> None:
        super().opened()
        self.state = OPEN

    def _handle(self, event: Event) -> None:
        opcode, payload = event
        if opcode == BINARY:
            self.put(binary_frame(payload))
        else:
            super()._handle(event)


class Echo:
    """The application, in the place of dispatch/session.Sessions."""

    def receive(self, client: Connection, envelope: bytes) -> None:
        client.put(text_frame(envelope))

    def ended(self, client: Connection) -> None:
        """Nothing is kept of a client."""


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


def echo_gate(frame_limits: FrameLimits) -> Gate:
    return Gate(
        listener=Echo(),
        admission=Admission(frozenset(), per_address=1000, trusted=()),
        wheel=TimingWheel(tick_ms=int(TICK_SECONDS * 1000)),
        flusher=Flusher(outgoing_bytes=1 << 20, clock=milliseconds),
        hub=None,
        frame_limits=frame_limits,
        head_bytes=16_384,
        head_ticks=NEVER,
        hello_ticks=NEVER,
        silent_ticks=NEVER,
        stall_ticks=NEVER,
        pongs=TokenBuckets(rate=10, burst=10),
        clock=milliseconds,
        log=ConnectionLog(BoundedLines(0), wanted=False),
    )


async def serve(number: int, frame_limits: FrameLimits) -> None:
    gate = echo_gate(frame_limits)
    port = Port(no_http, "127.0.0.1", number, gate=gate)
    print(f"ws://127.0.0.1:{await port.open()}/ws", flush=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(port.serve())
        while True:
            await asyncio.sleep(TICK_SECONDS)
            gate.wheel.advance()


async def no_http(scope: object, receive: object, send: object) -> None:
    raise AssertionError(f"only WebSockets are served here, not {scope}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    websocket.WebSocketConnection = EchoConnection  # type: ignore[misc]  # what the listener's factory makes
    uvloop.run(serve(arguments.port, LARGE if arguments.large else FrameLimits()))
