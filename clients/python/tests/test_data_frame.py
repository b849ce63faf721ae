import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub_client.transport.data_frame import NOISE_MAX, BadFrame, DataFrameReader, Frame, data_frame

FRAMES = st.lists(st.builds(Frame, st.sampled_from([0, 1]), st.binary(max_size=40)), max_size=6)


def test_a_frame_is_magic_version_length_and_data() -> None:
    assert data_frame(Frame(0, b"{}")) == b"HUB1\x00\x01\x00\x00\x00\x02{}"
    assert data_frame(Frame(1, b"\x08")) == b"HUB1\x01\x01\x00\x00\x00\x01\x08"


@given(FRAMES, st.data())
def test_however_the_stream_is_cut_the_frames_are_the_same(frames: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(map(data_frame, frames))
    reader, read = DataFrameReader(100), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        read += reader.feed(stream[:size])
        stream = stream[size:]
    assert read == frames


def test_noise_is_skipped_even_if_it_looks_like_a_beginning() -> None:
    reader = DataFrameReader(100)
    assert reader.feed(b"HTTP/1.1 HUHUBHU") == []
    assert reader.feed(data_frame(Frame(0, b"a"))) == [Frame(0, b"a")]
    assert reader.feed(b"HUB" + data_frame(Frame(0, b"HUB1")) + b"!") == [Frame(0, b"HUB1")]


def test_noise_has_a_bound() -> None:
    reader = DataFrameReader(100)
    assert reader.feed(b"x" * NOISE_MAX) == []
    with pytest.raises(BadFrame):
        reader.feed(b"x")


@pytest.mark.parametrize("head", [b"HUB1\x00\x02\x00\x00\x00\x01", b"HUB1\x00\x01\x00\x00\x00\x65"])
def test_another_version_or_too_long_a_frame_ends_it(head: bytes) -> None:
    with pytest.raises(BadFrame):
        DataFrameReader(100).feed(head)
