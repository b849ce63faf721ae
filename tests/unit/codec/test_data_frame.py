"""Data frames (docs/protocol.md §1): whole, byte by byte, amid noise, and what is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.codec.data_frame import (
    JSON,
    MAGIC,
    MAX_NOISE,
    PROTOBUF,
    DataFrameReader,
    DataFrameViolation,
    frame,
)

LIMIT = 1_000


def header(version: int, length: int) -> bytes:
    return struct.pack(">4sHI", MAGIC, version, length)


def read(reader: DataFrameReader, stream: bytes, step: int = 2**20) -> list[bytes]:
    """All payloads; the buffer is overwritten after each chunk, as its owner does."""
    found: list[bytes] = []
    for at in range(0, len(stream), step):
        chunk = bytearray(stream[at : at + step])
        found += reader.feed(chunk, len(chunk))
        chunk[:] = b"\xaa" * len(chunk)
    return found


def violation(stream: bytes, step: int = 2**20) -> str:
    with pytest.raises(DataFrameViolation) as caught:
        read(DataFrameReader(LIMIT), stream, step)
    return str(caught.value)


def test_a_frame_is_what_the_contract_draws() -> None:
    assert frame(JSON, b"{}") == b"HUB1\x00\x01\x00\x00\x00\x02{}"
    assert frame(PROTOBUF, b"") == b"HUB1\x01\x01\x00\x00\x00\x00"
    assert int.from_bytes(MAGIC) == 0x48554231


@given(st.lists(st.binary(max_size=30), max_size=6), st.integers(1, 50), st.sampled_from([JSON, PROTOBUF]))
def test_what_was_framed_is_read_in_whatever_chunks(payloads: list[bytes], step: int, codec: int) -> None:
    reader = DataFrameReader(LIMIT)
    assert read(reader, b"".join(frame(codec, each) for each in payloads), step) == payloads
    assert reader.codec == (codec if payloads else None)
    assert (reader.skipped, reader._held) == (0, None)


NOISE = st.text("HUB1\0x", max_size=12).map(str.encode).filter(lambda each: MAGIC not in each)


@given(st.lists(st.tuples(NOISE, st.binary(max_size=9)), max_size=5), st.integers(1, 9))
def test_noise_is_skipped_and_counted(parts: list[tuple[bytes, bytes]], step: int) -> None:
    reader = DataFrameReader(LIMIT)
    stream = b"".join(noise + frame(JSON, payload) for noise, payload in parts)
    assert read(reader, stream, step) == [payload for _, payload in parts]
    assert reader.skipped == sum(len(noise) for noise, _ in parts)


def test_noise_that_ends_like_a_beginning_does_not_hide_the_frame_behind_it() -> None:
    for noise in (b"H", b"HU", b"HUB", b"HUHUB", b"HUBHHUB"):
        for step in (1, 2, 3, 100):
            assert read(DataFrameReader(LIMIT), noise + frame(JSON, b"found"), step) == [b"found"]


@pytest.mark.parametrize("step", [1_000, MAX_NOISE * 2])
def test_noise_has_a_bound_between_two_frames(step: int) -> None:
    silence = b"x" * MAX_NOISE
    again = silence + frame(JSON, b"1")
    assert read(DataFrameReader(LIMIT), again + again, step) == [b"1", b"1"]
    assert violation(again + silence + b"x", step) == "No frame begins within 65536 bytes."


@pytest.mark.parametrize("version", [0x0000, 0x0002, 0x0102, 0x0201, 0xFFFF])
def test_an_unknown_version_is_named(version: int) -> None:
    assert f"0x{version:04x}" in violation(header(version, 1) + b"x")


def test_the_codec_of_the_first_frame_is_kept() -> None:
    reader = DataFrameReader(LIMIT)
    with pytest.raises(DataFrameViolation, match="keeps the codec"):
        read(reader, frame(PROTOBUF, b"a") + frame(JSON, b"b"))
    assert reader.codec == PROTOBUF


def test_too_long_a_frame_is_refused_by_its_header_and_nothing_of_it_is_kept() -> None:
    reader = DataFrameReader(LIMIT)
    assert read(reader, header(1, LIMIT)) == []
    for length in (LIMIT + 1, 2**32 - 1):
        reader = DataFrameReader(LIMIT)
        with pytest.raises(DataFrameViolation, match=str(length)):
            read(reader, header(0x0101, length) + b"x" * 500)
        assert (reader._held, reader.codec) == (None, PROTOBUF)


def test_what_is_whole_before_a_violation_is_given_first() -> None:
    stream = frame(JSON, b"good") + header(7, 0)
    payloads = DataFrameReader(LIMIT).feed(stream, len(stream))
    assert next(payloads) == b"good"
    with pytest.raises(DataFrameViolation):
        next(payloads)


def test_an_incomplete_frame_keeps_no_more_than_came() -> None:
    reader = DataFrameReader(LIMIT)
    read(reader, header(1, LIMIT) + b"x" * 10)
    assert reader._held is not None
    assert len(reader._held) == 20


def test_only_what_was_read_into_the_buffer_counts() -> None:
    buffer = bytearray(frame(JSON, b"first") + frame(JSON, b"of another connection"))
    assert list(DataFrameReader(LIMIT).feed(buffer, len(frame(JSON, b"first")))) == [b"first"]
