"""Runs Autobahn cases against a WebSocket server; needs `autobahn` and the ported cases on the path.

Usage: fuzzing_client.py URL JOBS CASE... Prints one JSON object per finished case, in the order they finish:
{"case", "behavior", "close", "result"}. The cases talk to `FuzzingPeer`, which offers them what the original
`FuzzingProtocol` and `FuzzingClientProtocol` (autobahntestsuite/fuzzing.py) do, without their reports.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

# ruff: noqa: ANN401, N802, N803, T201 (the names are Autobahn's, and what it prints is what it is run for)
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket import protocol
from autobahn_cases import Case, Cases

CASE_SECONDS = 1100  # the longest case gives the server 1000 seconds
PATIENCE = 10  # a case gives a server a second to close; on a busy machine that says nothing of the server


def octets(text: "str | bytes") -> bytes:
    """The cases hold bytes as Latin-1 characters, see port.py."""
    return text if isinstance(text, bytes) else text.encode("latin-1")


class FuzzingPeer(WebSocketClientProtocol):  # type: ignore[misc]  # autobahn is not typed
    def __init__(self, case_class: type) -> None:
        super().__init__()
        self.connectionWasOpen = False
        self.createWirelog = False
        self.txFrameStats: Counter[int] = Counter()
        self.lost = asyncio.get_running_loop().create_future()
        self.case = case_class(self)

    # --- what happens to the connection, told to the case ---

    def onOpen(self) -> None:
        self.connectionWasOpen = True
        self.case.onOpen()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.case.onMessage(payload.decode("latin-1"), isBinary)

    def onPong(self, payload: bytes) -> None:
        self.case.onPong(payload.decode("latin-1"))

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        self.case.onClose(wasClean, code, reason)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.case.onConnectionLost(self.failedByMe)
        if not self.lost.done():
            self.lost.set_result(None)

    # --- what the case does to the connection ---

    def sendFrame(self, opcode: int, payload: "str | bytes" = b"", **options: Any) -> None:
        self.txFrameStats[opcode] += 1
        super().sendFrame(opcode, octets(payload), **options)

    def sendMessage(self, payload: "str | bytes", isBinary: bool = False, **options: Any) -> None:
        super().sendMessage(octets(payload), isBinary, **options)

    def sendMessageFrameData(self, payload: "str | bytes", sync: bool = False) -> None:
        super().sendMessageFrameData(octets(payload), sync)

    def sendCloseFrame(self, code: int | None = None, reasonUtf8: Any = None, isReply: bool = False) -> None:
        super().sendCloseFrame(code, reasonUtf8 if reasonUtf8 is None else octets(reasonUtf8), isReply)

    def enableWirelog(self, enable: bool) -> None:
        self.createWirelog = enable

    def continueLater(self, delay: float, fun: Callable[[], None], tag: str | None = None) -> None:
        del tag  # names the wait in the original's wire log
        asyncio.get_running_loop().call_later(delay, self._unless_closed, fun)

    def killAfter(self, delay: float) -> None:
        self.continueLater(delay * PATIENCE, self._fail_connection)

    def closeAfter(self, delay: float) -> None:
        self.continueLater(delay, self.sendClose)

    def _unless_closed(self, fun: Callable[[], None]) -> None:
        if self.state != self.STATE_CLOSED:
            fun()


class FastMasker:
    """Autobahn's own masks byte by byte in Python, too slow for messages of 16 MiB."""

    def __init__(self, mask: bytes, _length: int) -> None:
        self._mask = mask
        self._pointer = 0

    def pointer(self) -> int:
        return self._pointer

    def process(self, data: bytes) -> bytes:
        turn = self._pointer % 4
        repeated = (self._mask * (len(data) // 4 + 2))[turn : turn + len(data)]
        self._pointer += len(data)
        xored = int.from_bytes(data, "little") ^ int.from_bytes(repeated, "little")
        return xored.to_bytes(len(data), "little")


def case_id(case_class: type) -> str:
    """Case1_2_3 is "1.2.3"."""
    return case_class.__name__.removeprefix("Case").replace("_", ".")


async def run_case(url: str, case_class: type) -> dict[str, str]:
    peer = FuzzingPeer(case_class)
    factory = WebSocketClientFactory(url)
    # The server's text is compared with what was sent: validating it once more in Python costs seconds.
    factory.setProtocolOptions(failByDrop=False, utf8validateIncoming=False, closeHandshakeTimeout=PATIENCE)
    peer.factory = factory
    address = urlsplit(url)
    await asyncio.get_running_loop().create_connection(lambda: peer, address.hostname, address.port)
    await asyncio.wait_for(peer.lost, CASE_SECONDS)
    case = peer.case
    return {
        "case": case_id(case_class),
        "behavior": case.behavior,
        "close": case.behaviorClose,
        "result": case.result if case.behavior != Case.OK else case.resultClose,
    }


async def run_cases(url: str, jobs: int, ids: set[str]) -> None:
    slots = asyncio.Semaphore(jobs)

    async def run_one(case_class: type) -> None:
        async with slots:
            print(json.dumps(await run_case(url, case_class)), flush=True)

    async with asyncio.TaskGroup() as group:
        for case_class in Cases:
            if case_id(case_class) in ids:
                group.create_task(run_one(case_class))


if __name__ == "__main__":
    protocol.create_xor_masker = FastMasker
    if sys.argv[1] == "--list":
        print("\n".join(map(case_id, Cases)))
    else:
        asyncio.run(run_cases(sys.argv[1], int(sys.argv[2]), set(sys.argv[3:])))
