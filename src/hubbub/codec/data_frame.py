"""Data frames of framed TCP (docs/protocol.md §1). Pure: bytes to payloads.

    magic   u32   0x48554231  ("HUB1")          all big-endian
    version u16   high byte: codec; low byte: protocol version
    length  u32   bytes of data
    data    length bytes

The reader looks for `magic` and skips what comes before it, so that noise, or a peer that lost count, costs a message and
not the connection. The caller's duties: one `DataFrameReader` per connection; iterate over what `feed` gives to its end
before feeding again; after a `DataFrameViolation`, feed no more.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

MAGIC: Final = b"HUB1"
JSON: Final = 0
PROTOBUF: Final = 1
PROTOCOL_VERSION: Final = 1
MAX_NOISE: Final = 65_536
"""Bytes skipped before one frame. A peer that is wrong for so long speaks another protocol: protocol_error beyond it."""

_HEADER: Final = Struct(">4sHI")
_CODECS: Final = frozenset({JSON, PROTOBUF})


class DataFrameViolation(Exception):
    """The peer does not follow the framing: answer `protocol_error` with these words, then close (4502)."""


def frame(codec: int, payload: bytes) -> bytes:
    """An envelope in a frame."""
    return _HEADER.pack(MAGIC, codec << 8 | PROTOCOL_VERSION, len(payload)) + payload


class DataFrameReader:
    """Turns the bytes of one peer into payloads. Holds no buffer while no frame is incomplete.

    `codec` is that of the first frame, known from its header on. `skipped`: bytes of noise so far.
    """

    __slots__ = ("_held", "_limit", "_noise", "codec", "skipped")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: bytearray | None = None
        self._noise = 0
        self.codec: int | None = None
        self.skipped = 0

    def feed(self, data: bytes | bytearray, end: int) -> Iterator[bytes]:
        """Payloads completed by `data[:end]`, which may be used again when the last was taken.

        DataFrameViolation is raised after the payloads before it, from a header, before anything behind it is kept.
        """
        held, self._held = self._held, None
        if held is not None:
            held += memoryview(data)[:end]
            data, end = held, len(held)
        at = self._seek(data, 0, end)
        while end - at >= _HEADER.size:
            _, version, length = _HEADER.unpack_from(data, at)
            self._check(version, length)
            start, stop = at + _HEADER.size, at + _HEADER.size + length
            if stop > end:
                break
            self._noise = 0
            yield bytes(memoryview(data)[start:stop])
            at = self._seek(data, stop, end)
        if at < end:
            self._held = bytearray(memoryview(data)[at:end])

    def _seek(self, data: bytes | bytearray, at: int, end: int) -> int:
        """Where the next frame begins, or may begin with bytes that are still to come."""
        found = data.find(MAGIC, at, end)
        if found < 0:
            found = end - next(n for n in (3, 2, 1, 0) if data.endswith(MAGIC[:n], at, end))
        self._noise += found - at
        self.skipped += found - at
        if self._noise > MAX_NOISE:
            raise DataFrameViolation(f"No frame begins within {MAX_NOISE} bytes.")
        return found

    def _check(self, version: int, length: int) -> None:
        codec, protocol = divmod(version, 256)
        if protocol != PROTOCOL_VERSION or codec not in _CODECS:
            raise DataFrameViolation(
                f"Version 0x{version:04x} is not spoken here; JSON is 0x0001, Protobuf 0x0101."
            )
        if self.codec is None:
            self.codec = codec
        if codec != self.codec:
            raise DataFrameViolation("A connection keeps the codec of its first frame.")
        if length > self._limit:
            raise DataFrameViolation(f"A frame of {length} bytes; at most {self._limit} are read.")
