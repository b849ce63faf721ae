"""The heads of small pictures: PNG (ISO/IEC 15948), JPEG (ITU-T T.81) and WebP (RFC 9649). Pure.

Only what must be known before a picture is shown to others is read: that it is one of the three from its first byte to
its last, and how large it will be in memory. SVG is none of them: it is a document with scripts.
"""

import struct
from collections.abc import Callable

from msgspec import Struct

_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {
    0xC4,
    0xC8,
    0xCC,
}  # SOF0 … SOF15 without DHT, JPG and DAC (T.81 table B.1)
_ALONE = frozenset(range(0xD0, 0xDA)) | {0x01}  # markers without a length: RST, SOI, EOI, TEM
_SCAN = 0xDA


class Picture(Struct, frozen=True, kw_only=True):
    """What a picture says of itself; `width` and `height` in pixels."""

    media_type: str
    width: int
    height: int


def read_picture(data: bytes) -> Picture | None:
    """The kind and size of a PNG, JPEG or WebP; None for anything else, and for one that is cut off."""
    for media_type, size_of in _KINDS.items():
        try:
            size = size_of(data)
        except (struct.error, IndexError):
            return None
        if size is not None and min(size) > 0:
            return Picture(media_type=media_type, width=size[0], height=size[1])
    return None


def _png(data: bytes) -> tuple[int, int] | None:
    if not (data.startswith(_PNG_START) and data.endswith(_PNG_END)):
        return None
    width, height = struct.unpack_from(">II", data, len(_PNG_START))
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """The first frame header; what comes before it is skipped, segment by segment."""
    if not (data.startswith(_JPEG_START) and data.endswith(_JPEG_END)):
        return None
    at = 2
    while data[at] == 0xFF and data[at + 1] != _SCAN:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += (
            1 if marker == 0xFF else 2 if marker in _ALONE else 2 + struct.unpack_from(">H", data, at + 2)[0]
        )
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or struct.unpack_from("<I", data, 4)[0] + 8 != len(data):
        return None
    size_of = _WEBP.get(data[12:16])
    return size_of(data) if size_of else None


def _lossy(data: bytes) -> tuple[int, int] | None:
    """A VP8 key frame (RFC 6386 §9.1)."""
    if data[23:26] != b"\x9d\x01\x2a":
        return None
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _lossless(data: bytes) -> tuple[int, int] | None:
    """14 bits each, less one (RFC 9649 §3.4)."""
    if data[20] != 0x2F:
        return None
    bits = struct.unpack_from("<I", data, 21)[0]
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _extended(data: bytes) -> tuple[int, int] | None:
    """The canvas, 24 bits each, less one (RFC 9649 §2.7)."""
    return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1


_WEBP = {b"VP8 ": _lossy, b"VP8L": _lossless, b"VP8X": _extended}
_KINDS: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
