"""Fuzz target: the reader of data frames against a slow and obvious one, and against itself in other chunks.

    pip install atheris && python fuzz/data_frames.py -runs=20000 fuzz/corpus/data_frames

An input is a chunk size (1 byte) and then either a raw stream (size even) or a recipe (size odd): a length code, a version code and
as much payload as there is, with a byte of noise before it if the code says so. `check` needs no atheris.
"""

import contextlib
import sys
from collections.abc import Iterator

loading: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
if __name__ == "__main__":
    import atheris

    loading = atheris.instrument_imports(include=["hubbub"])
with loading:
    from hubbub.codec import data_frame
    from hubbub.codec.data_frame import MAGIC, DataFrameReader, DataFrameViolation

LIMIT = 100
NOISE = 40  # instead of 64 KiB, so that inputs reach it
Outcome = tuple[list[bytes], int | None, bool]


def check(data: bytes) -> None:
    """Raises AssertionError if the reader disagrees with the reference, or with itself in other chunks."""
    if not data:
        return
    size, stream = data[0], data[1:]
    if size % 2:
        stream = b"".join(cook(stream))
    whole, expected = data_frame.MAX_NOISE, reference(stream)
    data_frame.MAX_NOISE = NOISE  # type: ignore[misc]
    try:
        for step in (len(stream) or 1, 1, size // 2 + 1):
            got = read(stream, step)
            assert got == expected, f"in chunks of {step}: {got} instead of {expected} from {stream.hex()}"
    finally:
        data_frame.MAX_NOISE = whole  # type: ignore[misc]


def cook(recipe: bytes) -> Iterator[bytes]:
    """Frames, most of them valid."""
    at = 0
    while at + 2 <= len(recipe):
        length, code = recipe[at] % 120, recipe[at + 1]
        noise = MAGIC[: code % 5 - 1] if code & 8 else b""
        version = code << 8 | 1 if code < 32 else (code >> 7) << 8 | 1
        payload = recipe[at + 2 : at + 2 + length]
        yield noise + MAGIC + version.to_bytes(2) + length.to_bytes(4) + payload
        at += 2 + length


def read(stream: bytes, step: int) -> Outcome:
    reader = DataFrameReader(LIMIT)
    payloads: list[bytes] = []
    try:
        for at in range(0, len(stream), step):
            chunk = bytearray(stream[at : at + step])
            payloads.extend(reader.feed(chunk, len(chunk)))
            chunk[:] = b"\xaa" * len(chunk)
    except DataFrameViolation:
        return payloads, reader.codec, True
    return payloads, reader.codec, False


def reference(stream: bytes) -> Outcome:
    """docs/protocol.md §1 a byte at a time."""
    payloads: list[bytes] = []
    codec: int | None = None
    noise = at = 0
    while at < len(stream):
        rest = stream[at : at + 4]
        if rest != MAGIC[: len(rest)]:
            noise, at = noise + 1, at + 1
            if noise > NOISE:
                return payloads, codec, True
            continue
        if at + 10 > len(stream):
            break
        spoken, protocol = stream[at + 4], stream[at + 5]
        length = int.from_bytes(stream[at + 6 : at + 10])
        if protocol != 1 or spoken > 1:
            return payloads, codec, True
        codec = spoken if codec is None else codec
        if spoken != codec or length > LIMIT:
            return payloads, codec, True
        if at + 10 + length > len(stream):
            break
        payloads.append(stream[at + 10 : at + 10 + length])
        noise, at = 0, at + 10 + length
    return payloads, codec, False


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
