import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.codec.pictures import Picture, read_picture
from hubbub.testing.pictures import jpeg, png, webp

LOSSY = b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", 300 | 1 << 14, 200) + bytes(8)
LOSSLESS = b"\x2f" + struct.pack("<I", 299 | 199 << 14) + bytes(8)
EXTENDED = b"\x10\0\0\0" + (299).to_bytes(3, "little") + (199).to_bytes(3, "little")
COMMENT = b"\xff\xfe\x00\x06\xff\xc0\xff\xc0"  # what stands in a segment is no marker
WHOLE = {
    "png": (png(300, 200), "image/png"),
    "jpeg": (jpeg(300, 200), "image/jpeg"),
    "jpeg with a comment": (jpeg(300, 200, COMMENT), "image/jpeg"),
    "jpeg with padding": (jpeg(300, 200, b"\xff\xff"), "image/jpeg"),
    "progressive jpeg": (jpeg(300, 200).replace(b"\xff\xc0", b"\xff\xc2"), "image/jpeg"),
    "lossy webp": (webp(b"VP8 ", LOSSY), "image/webp"),
    "lossless webp": (webp(b"VP8L", LOSSLESS), "image/webp"),
    "extended webp": (webp(b"VP8X", EXTENDED), "image/webp"),
}


@pytest.mark.parametrize(("data", "media_type"), WHOLE.values(), ids=WHOLE)
def test_kind_and_size_are_read(data: bytes, media_type: str) -> None:
    assert read_picture(data) == Picture(media_type=media_type, width=300, height=200)


@pytest.mark.parametrize(("data", "media_type"), WHOLE.values(), ids=WHOLE)
def test_what_is_cut_off_anywhere_is_no_picture(data: bytes, media_type: str) -> None:
    assert [length for length in range(len(data)) if read_picture(data[:length])] == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a\x01\x00\x01\x00",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        png() + b"<script>alert(1)</script>",
        b" " + png(),
        png(0, 1),
        jpeg(1, 0),
        jpeg(1, 1) + b"<script>",
        webp(b"VP8 ", LOSSY) + b"<script>",
        webp(b"ANIM", LOSSY),
        webp(b"VP8 ", LOSSLESS),
        webp(b"VP8L", LOSSY),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xfe\xff\xff\xff\xd9",
    ],
)
def test_what_is_something_else_is_no_picture(data: bytes) -> None:
    assert read_picture(data) is None


@given(st.sampled_from([data for data, _ in WHOLE.values()]), st.data())
def test_no_bytes_break_the_reader(data: bytes, draw: st.DataObject) -> None:
    changed = bytearray(data)
    for _ in range(3):
        changed[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    found = read_picture(bytes(changed))
    assert found is None or min(found.width, found.height) > 0
