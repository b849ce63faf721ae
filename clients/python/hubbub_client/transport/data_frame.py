"""Data frames (protocol.md §1): magic, version, length, data. Pure: bytes in, frames out."""

import struct
from typing import NamedTuple

MAGIC = b"HUB1"
VERSION = 1
"""The protocol's version, in the low byte of a frame's; the high byte is the codec's number."""

NOISE_MAX = 64 << 10
"""Bytes before a magic that are skipped (protocol.md §1); more of them is no Hubbub server."""

_HEAD = struct.Struct(">4sHI")


class Frame(NamedTuple):
    """One envelope and the number of its codec: 0 JSON, 1 Protobuf."""

    codec: int
    data: bytes


class BadFrame(Exception):
    """The peer does not keep to protocol.md §1; nothing after this can be understood."""


def data_frame(frame: Frame) -> bytes:
    """A frame as bytes."""
    return _HEAD.pack(MAGIC, frame.codec << 8 | VERSION, len(frame.data)) + frame.data


class DataFrameReader:
    """Cuts a stream into frames. Holds at most one unfinished frame of `limit` bytes of data, and its head."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._noise = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes. Raises BadFrame, after which the reader is of no more use."""
        self._held += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        self._skip_noise()
        if len(self._held) < _HEAD.size:
            return None
        _, version, length = _HEAD.unpack_from(self._held)
        if version & 0xFF != VERSION or length > self._limit:
            raise BadFrame(f"version {version:#06x}, {length} bytes")
        end = _HEAD.size + length
        if len(self._held) < end:
            return None
        frame = Frame(version >> 8, bytes(memoryview(self._held)[_HEAD.size : end]))
        del self._held[:end]
        return frame

    def _skip_noise(self) -> None:
        """Drop what comes before the next magic; keep an end that may be the beginning of one."""
        at = self._held.find(MAGIC)
        noise = at if at >= 0 else len(self._held) - self._begun()
        self._noise += noise
        if self._noise > NOISE_MAX:
            raise BadFrame("no data frames, but something else")
        del self._held[:noise]

    def _begun(self) -> int:
        """How many bytes at the end may begin a magic."""
        return next((size for size in (3, 2, 1) if self._held.endswith(MAGIC[:size])), 0)
