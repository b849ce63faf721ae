"""Fuzz target: the frame reader against a slow and obvious one, and against itself in other chunks.

    pip install atheris && python fuzz/websocket_frames.py -runs=20000 fuzz/corpus/websocket_frames

An input is a chunk size (1 byte) and then either a raw stream (size even) or a recipe of frames (size odd), since
random bytes hardly ever make a second valid frame. `check` needs no atheris:
tests/unit/codec/test_websocket_corpus.py runs it on the corpus and on seeded inputs.
"""

import contextlib
import itertools
import sys
from collections.abc import Iterator

loading: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
if __name__ == "__main__":
    import atheris

    loading = atheris.instrument_imports(include=["hubbub"])
with loading:
    from hubbub.codec.websocket_frames import (
        Event,
        FrameLimits,
        FrameReader,
        ProtocolViolation,
        masked_frame,
    )

LIMITS = FrameLimits(max_message_bytes=400, max_fragments=4)
Outcome = tuple[list[Event], int | None]


def check(data: bytes) -> None:
    """Raises AssertionError if the reader disagrees with the reference, or with itself in other chunks."""
    if not data:
        return
    size, stream = data[0], data[1:]
    if size % 2:
        stream = b"".join(cook(stream))
    expected = reference(stream)
    for step in (len(stream) or 1, 1, size // 2 + 1):
        got = read(stream, step)
        assert got == expected, f"in chunks of {step}: {got} instead of {expected} from {stream.hex()}"


def cook(recipe: bytes) -> Iterator[bytes]:
    """Frames from a recipe: first byte, a length code, a mask byte, then as much payload as there is."""
    at = 0
    while at + 3 <= len(recipe):
        first, length, mask = recipe[at : at + 3]
        payload = recipe[at + 3 : at + 3 + length]
        framed = bytearray(masked_frame(first & 0x0F, payload, bytes((mask, 0, mask, 1))))
        framed[0] = first
        yield bytes(framed)
        at += 3 + length


def read(stream: bytes, step: int) -> Outcome:
    reader = FrameReader(LIMITS)
    events: list[Event] = []
    try:
        for at in range(0, len(stream), step):
            events.extend(reader.feed(stream[at : at + step]))
    except ProtocolViolation as violation:
        return events, violation.code
    return events, None


class Wrong(Exception):
    """With the close code as its argument."""


def reference(stream: bytes) -> Outcome:
    events: list[Event] = []
    try:
        for event in reference_events(stream):
            events.append(event)
            if event[0] == 8:
                break
    except Wrong as wrong:
        return events, wrong.args[0]
    return events, None


def reference_events(stream: bytes) -> Iterator[Event]:
    """RFC 6455 §5.2 step by step over a whole stream, the incomplete frame at its end included."""
    opcode_of_message, body, fragments = 0, b"", 0
    while len(stream) >= 2:
        fin, opcode, length = stream[0] >> 7, stream[0] & 15, stream[1] & 127
        wrong_if(stream[0] & 0x70 or opcode not in (0, 1, 2, 8, 9, 10), 1002)
        wrong_if(opcode >= 8 and (not fin or length > 125), 1002)
        wrong_if(stream[1] < 128, 1002)
        extended = {126: 2, 127: 8}.get(length, 0)
        start = 2 + extended + 4
        if len(stream) < start:
            return
        if extended:
            length = int.from_bytes(stream[2 : 2 + extended], "big")
            wrong_if(length < {2: 126, 8: 65_536}[extended] or length >= 2**63, 1002)
        masked, whole = stream[start : start + length], len(stream) >= start + length
        payload = bytes(byte ^ stream[start - 4 + at % 4] for at, byte in enumerate(masked))
        stream = stream[start + length :]
        if opcode >= 8:
            if not whole:
                return
            if opcode == 8:
                check_close(payload)
            yield opcode, payload
            continue
        wrong_if((opcode == 0) != (fragments > 0), 1002)
        wrong_if(len(body) + length > LIMITS.max_message_bytes or fragments == LIMITS.max_fragments, 1009)
        opcode_of_message, body, fragments = opcode or opcode_of_message, body + payload, fragments + 1
        complete = bool(fin) and whole
        wrong_if(opcode_of_message == 1 and not (is_utf8(body) if complete else may_become_utf8(body)), 1007)
        if not whole:
            return
        if complete:
            yield opcode_of_message, body
            opcode_of_message, body, fragments = 0, b"", 0


def wrong_if(condition: object, code: int) -> None:
    if condition:
        raise Wrong(code)


def check_close(payload: bytes) -> None:
    code = int.from_bytes(payload[:2], "big")
    known = code in (1000, 1001, 1002, 1003) or 1007 <= code <= 1014 or 3000 <= code <= 4999
    wrong_if(payload and (len(payload) == 1 or not known), 1002)
    wrong_if(not is_utf8(payload[2:]), 1007)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


COMPLETIONS = [bytes(end) for n in range(4) for end in itertools.product((0x80, 0x90, 0xA0, 0xBF), repeat=n)]


def may_become_utf8(data: bytes) -> bool:
    return any(is_utf8(data + completion) for completion in COMPLETIONS)


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
