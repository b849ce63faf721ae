"""What an envelope costs in each codec: bytes on the wire, and the server's µs to decode a request or encode a push.

JSON and Protobuf take turns in short blocks of CPU time in one process, so that whatever else the machine does falls on both; the best block of
each counts, and the ratio is between those. Bytes are those of the envelope alone: a data frame adds 10, a WebSocket frame
2 to 10 (and a client's mask 4).
"""

import argparse
import json as plain
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from load.report import Report, options

from hubbub.codec.chat_pb2 import ClientEnvelope
from hubbub.codec.wires import JSON, PROTOBUF, Codec
from hubbub.model import commands as c
from hubbub.model import replies as r
from hubbub.model.entries import Message, Reaction

ROOM, NOW = "r6mzdxm4c3ffdgkba", 1_764_000_000_000
SHORT, LONG = "Shall we meet at the bridge at seven?", "All work and no play makes Jack a dull boy. " * 181


def message(seq: int, content: str, **present: object) -> Message:
    """As a room of a hundred thousand messages would hold it."""
    return Message(chat=ROOM, seq=100_000 + seq, ts=NOW + seq, sender="alice", msg_id=f"m-{seq:08}-4f1c",
                   msg_type="group", to=ROOM, content=content, **present)  # type: ignore[arg-type]  # fmt: skip


def summary(number: int) -> r.Summary:
    """A chat in a list, with its last message."""
    return r.Summary(chat=f"{ROOM[:-3]}{number:03}", msg_type="group", name=f"Room {number}", public=True, role="member",
                     head=100_000, received=99_990, read=99_990, unread=10, last=message(number, SHORT))  # fmt: skip


REQUESTS: Mapping[str, c.AnyCommand] = {
    "ping": c.Ping(id=7),
    "received": c.Received(id=8, chat=ROOM, seq=100_001),
    "send, 37 characters": c.Send(id=9, msg_type="group", to=ROOM, content=SHORT, msg_id="m-00000001-4f1c"),
    "send, 8,000 characters": c.Send(
        id=9, msg_type="group", to=ROOM, content=LONG[:8_000], msg_id="m-00000001-4f1c"
    ),
}
SAID: Mapping[str, msgspec.Struct] = {
    "sent": r.Sent(id=9, msg_id="m-00000001-4f1c", chat=ROOM, seq=100_001, ts=NOW, duplicate=False),
    "receipt": r.ReceiptPush(chat=ROOM, user="alice", received=100_001, read=100_001),
    "message, 37 characters": message(1, SHORT),
    "message, 8,000 characters": message(1, LONG[:8_000]),
    "page of 50 messages": r.Page(
        id=9,
        chat=ROOM,
        entries=[message(each, SHORT, reactions={"👍": Reaction(2, mine=True)}, as_of=100_050) for each in range(50)],
        more=True,
    ),
    "welcome with 100 chats": r.Welcome(id=1, user="alice", device="d", session="s", epoch="e", server_time=NOW,
                                        heartbeat_ms=30_000, chats=[summary(each) for each in range(100)], more=False,
                                        gone=[]),
}  # fmt: skip


def as_client(codec: Codec, command: c.AnyCommand) -> bytes:
    """A request in the bytes its client would send."""
    fields = msgspec.to_builtins(command)
    if codec is JSON:
        return plain.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    number = fields.pop("id")
    return ClientEnvelope(id=number, **{fields.pop("type"): fields}).SerializeToString()


@dataclass(frozen=True)
class Case:
    """One envelope: its bytes and what the server does with it, by codec."""

    name: str
    sizes: Mapping[Codec, int]
    work: Mapping[Codec, Callable[[], object]]


def decoding(name: str, command: c.AnyCommand) -> Case:
    """A request arrives."""
    envelopes = {codec: as_client(codec, command) for codec in (JSON, PROTOBUF)}
    return Case(
        f"{name}: decode",
        {codec: len(envelope) for codec, envelope in envelopes.items()},
        {codec: lambda codec=codec: codec.decode(envelopes[codec]) for codec in envelopes},  # type: ignore[misc]
    )


def encoding(name: str, said: msgspec.Struct) -> Case:
    """A reply or push leaves."""
    codecs = (JSON, PROTOBUF)
    return Case(
        f"{name}: encode",
        {codec: len(codec.encode(said)) for codec in codecs},
        {codec: lambda codec=codec: codec.encode(said) for codec in codecs},  # type: ignore[misc]
    )


def best(case: Case, blocks: int, seconds: float) -> dict[Codec, float]:
    """µs a call, the best block of each codec."""
    found = dict.fromkeys(case.work, float("inf"))
    calls = {codec: max(1, int(seconds / _once(work))) for codec, work in case.work.items()}
    for _ in range(blocks):
        for codec, work in case.work.items():
            start = time.process_time()
            for _ in range(calls[codec]):
                work()
            found[codec] = min(found[codec], (time.process_time() - start) / calls[codec] * 1e6)
    return found


def _once(work: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(10):
        work()
    return max((time.process_time() - start) / 10, 1e-7)


def run(asked: argparse.Namespace) -> Report:
    """Measure."""
    report = Report("codec", {"blocks": asked.blocks, "block_seconds": asked.block_seconds})
    cases = [decoding(*each) for each in REQUESTS.items()] + [encoding(*each) for each in SAID.items()]
    for case in cases:
        cost = best(case, asked.blocks, asked.block_seconds)
        for codec in (JSON, PROTOBUF):
            report.add(f"{case.name}, {codec.name}", cost[codec], "µs")
        report.add(f"{case.name}, Protobuf to JSON", cost[PROTOBUF] / cost[JSON], "times")
        report.counts[case.name] = {codec.name: size for codec, size in case.sizes.items()} | {
            "ratio": round(case.sizes[PROTOBUF] / case.sizes[JSON], 3)
        }
    report.notes += [f"{name}: {sizes} bytes" for name, sizes in report.counts.items()]
    return report


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--blocks", type=int, default=25, help="of each codec and envelope")
    parser.add_argument("--block-seconds", type=float, default=0.02)
    asked = parser.parse_args()
    run(asked).tell(as_json=asked.json, record=asked.record)


if __name__ == "__main__":
    main()
