"""What is no frame of ours costs the server no memory, however often it comes (docs/protocol.md §1).

The first run of this found 100 KB a connection: the timing wheel remembers one that is gone until its turn comes, and
with it what had come of an unfinished frame.
"""

import resource
import struct
from pathlib import Path

import pytest

from hubbub_conformance.conversation import Stage
from hubbub_conformance.raw_tcp import RawTcp

LARGEST = 131_072


def header(version: int = 1, length: int = 2) -> bytes:
    return struct.pack(">4sHI", b"HUB1", version, length)


WRONG = {
    "truncated": header(length=LARGEST) + b"x" * 100_000,
    "oversized": header(length=2**31) + b"x" * 200_000,
    "wrong version": header(version=0x0002) + b"x" * 200_000,
    "wrong codec": header(version=0x0301) + b"x" * 200_000,
    "noise": b"noise" * 60_000,
}
WARM_UP, REPEATED = 20, 200
GROWTH = 4 << 20  # bytes; what came in these repetitions is at least 20 MB


@pytest.mark.wires("tcp+json")
@pytest.mark.parametrize("stream", WRONG.values(), ids=WRONG)
async def test_what_is_wrong_costs_no_memory(stage: Stage, stream: bytes) -> None:
    [alice] = await stage.people("alice")
    before = 0
    for number in range(WARM_UP + REPEATED):
        socket = await RawTcp.connect(stage.server.tcp, 0)
        await socket.send_bytes(stream)
        await socket.abandon()
        if number == WARM_UP:
            await alice.asks("ping")
            before = resident(stage.server.pid)
    await alice.asks("ping")
    assert resident(stage.server.pid) - before < GROWTH


def resident(pid: int) -> int:
    """Bytes of memory the process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()
