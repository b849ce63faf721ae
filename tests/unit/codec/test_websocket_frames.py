"""RFC 6455 §5 to §8, as the server reads and writes it."""

import sys
import tracemalloc
from collections.abc import Iterable

import pytest
from websockets.utils import apply_mask as slow_apply_mask

from hubbub.codec import websocket_frames as frames
from hubbub.codec.websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Event,
    FrameLimits,
    FrameReader,
    ProtocolViolation,
    masked_frame,
)

MASK = b"\x01\x82\x43\xf4"
LIMITS = FrameLimits(max_message_bytes=70_000, max_fragments=3)
Read = tuple[list[Event], int | None]


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    return masked_frame(opcode, payload, MASK, fin=fin)


def read(chunks: Iterable[bytes], limits: FrameLimits = LIMITS) -> Read:
    """The events, and the code of the violation that ended them."""
    reader = FrameReader(limits)
    events: list[Event] = []
    try:
        for chunk in chunks:
            events.extend(reader.feed(chunk))
    except ProtocolViolation as violation:
        return events, violation.code
    return events, None


def read_both_ways(stream: bytes, limits: FrameLimits = LIMITS) -> Read:
    whole = read([stream], limits)
    assert read((stream[at : at + 1] for at in range(len(stream))), limits) == whole
    return whole


def bits(first: int, length: int, payload: bytes = b"", mask: bytes = MASK) -> bytes:
    """A frame whose first two bytes are given."""
    return bytes((first, length)) + mask + slow_apply_mask(payload, MASK)


class TestMessages:
    @pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
    @pytest.mark.parametrize("opcode", [TEXT, BINARY])
    def test_of_every_length_encoding(self, opcode: int, length: int) -> None:
        payload = b"x" * length
        assert read([frame(opcode, payload)]) == ([(opcode, payload)], None)

    def test_arrive_byte_by_byte(self) -> None:
        stream = frame(TEXT, b"a" * 200) + frame(BINARY, b"\xff") + frame(TEXT)
        assert read_both_ways(stream) == ([(TEXT, b"a" * 200), (BINARY, b"\xff"), (TEXT, b"")], None)

    def test_arrive_together(self) -> None:
        stream = frame(TEXT, b"one") + frame(TEXT, "zwölf".encode()) + frame(TEXT, b"3" * 300)
        assert read_both_ways(stream) == (
            [(TEXT, b"one"), (TEXT, "zwölf".encode()), (TEXT, b"3" * 300)],
            None,
        )

    def test_in_fragments_with_control_frames_between(self) -> None:
        stream = (
            frame(TEXT, b"frag", fin=False)
            + frame(PING, b"?")
            + frame(CONTINUATION, fin=False)
            + frame(PONG)
            + frame(CONTINUATION, b"ment")
        )
        assert read_both_ways(stream) == ([(PING, b"?"), (PONG, b""), (TEXT, b"fragment")], None)

    def test_payloads_are_bytes_however_they_arrived(self) -> None:
        stream = frame(BINARY, b"a", fin=False) + frame(CONTINUATION, b"b") + frame(BINARY, b"c")
        events, _ = read([stream[:3], stream[3:]])
        assert [type(payload) for _, payload in events] == [bytes, bytes]

    def test_are_unmasked_the_same_without_the_c_extension(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = frame(TEXT, bytes(range(32, 127)))
        monkeypatch.setattr(frames, "apply_mask", slow_apply_mask)
        assert read_both_ways(stream) == ([(TEXT, bytes(range(32, 127)))], None)


VIOLATIONS = {
    "reserved bit 1": (bits(0xC1, 0x80), 1002),
    "reserved bit 2": (bits(0xA1, 0x80), 1002),
    "reserved bit 3": (bits(0x91, 0x80), 1002),
    "reserved data opcode": (bits(0x83, 0x80), 1002),
    "reserved control opcode": (bits(0x8B, 0x80), 1002),
    "no mask": (b"\x81\x01a", 1002),
    "fragmented ping": (frame(PING, fin=False), 1002),
    "ping over 125 bytes": (frame(PING, b"x" * 126), 1002),
    "continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "message inside a message": (frame(TEXT, fin=False) + frame(BINARY), 1002),
    "16-bit length under 126": (b"\x81\xfe\x00\x7d" + MASK + bytes(125), 1002),
    "64-bit length under 65536": (b"\x81\xff" + (65_535).to_bytes(8, "big") + MASK, 1002),
    "64-bit length with the first bit set": (b"\x81\xff" + (1 << 63).to_bytes(8, "big") + MASK, 1002),
    "message over the limit": (frame(TEXT, b"x" * 70_001)[:14], 1009),
    "fragments over the limit": (
        frame(TEXT, b"x" * 69_999, fin=False) + frame(CONTINUATION, b"xx")[:6],
        1009,
    ),
    "too many fragments": (frame(TEXT, fin=False) + 3 * frame(CONTINUATION, fin=False), 1009),
    "text that is not UTF-8": (frame(TEXT, b"\xff"), 1007),
    "text that ends inside a character": (frame(TEXT, b"\xc3"), 1007),
    "fragmented text that ends inside a character": (
        frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION),
        1007,
    ),
    "surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "close payload of 1 byte": (frame(CLOSE, b"\x03"), 1002),
    "close reason that is not UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
}


class TestViolations:
    @pytest.mark.parametrize(("stream", "code"), VIOLATIONS.values(), ids=VIOLATIONS)
    def test_close_with_their_code(self, stream: bytes, code: int) -> None:
        assert read_both_ways(stream) == ([], code)

    def test_come_after_the_events_before_them(self) -> None:
        stream = frame(TEXT, b"good") + frame(PING) + frame(TEXT, b"\xff") + frame(TEXT, b"unread")
        assert read_both_ways(stream) == ([(TEXT, b"good"), (PING, b"")], 1007)

    def test_are_final(self) -> None:
        reader = FrameReader(LIMITS)
        with pytest.raises(ProtocolViolation):
            list(reader.feed(frame(TEXT, b"\xff")))
        assert list(reader.feed(frame(TEXT, b"more"))) == []

    def test_say_what_is_wrong_in_a_close_frame(self) -> None:
        with pytest.raises(ProtocolViolation) as raised:
            list(FrameReader(LIMITS).feed(b"\x81\x01a"))
        answer = frames.close_frame(raised.value.code, raised.value.reason)
        assert answer == b"\x88\x14\x03\xeaframe without mask"

    @pytest.mark.parametrize("opcode", [TEXT, BINARY])
    @pytest.mark.parametrize("limit", [100, 200])
    def test_of_the_size_begin_one_byte_beyond_it(self, opcode: int, limit: int) -> None:
        limits, most = FrameLimits(max_message_bytes=limit), b"x" * limit
        assert read_both_ways(frame(opcode, most), limits) == ([(opcode, most)], None)
        assert read_both_ways(frame(opcode, most + b"x"), limits) == ([], 1009)

    def test_of_a_length_need_only_the_header(self) -> None:
        declared = b"\x82\xff" + (1 << 40).to_bytes(8, "big") + MASK
        assert read_both_ways(declared) == ([], 1009)


class TestUtf8:
    @pytest.mark.parametrize(
        ("valid", "wrong"),
        [
            (b"\xce\xba", b"\xff"),
            (b"\xce\xba\xe1\xbd\xb9\xf4", b"\x90"),  # beyond U+10FFFF
            (b"\xed", b"\xa0"),  # a surrogate
            (b"\xe0", b"\x80"),  # an overlong form
            (b"", b"\xc0"),
        ],
    )
    def test_fails_at_the_first_wrong_byte_of_an_unfinished_frame(self, valid: bytes, wrong: bytes) -> None:
        start = frame(TEXT, valid + wrong + b"\x80" * 200)
        header = len(start) - 200 - len(wrong) - len(valid)
        before = header + len(valid)
        assert read([start[:before]]) == ([], None)
        assert read([start[:before], start[before : before + 1]]) == ([], 1007)

    def test_may_be_split_anywhere_between_fragments(self) -> None:
        text = "aé€😀".encode()
        limits = FrameLimits(max_fragments=20)
        for at in range(len(text)):
            stream = frame(TEXT, text[:at], fin=False) + frame(CONTINUATION, text[at:])
            assert read_both_ways(stream, limits) == ([(TEXT, text)], None)

    def test_does_not_concern_binary(self) -> None:
        stream = frame(BINARY, b"\xff", fin=False) + frame(CONTINUATION, b"\xfe")
        assert read_both_ways(stream) == ([(BINARY, b"\xff\xfe")], None)


class TestClose:
    @pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4001, 4999])
    def test_codes_that_may_be_sent(self, code: int) -> None:
        payload = code.to_bytes(2, "big") + "tschüß".encode()
        assert read_both_ways(frame(CLOSE, payload)) == ([(CLOSE, payload)], None)
        assert (frames.close_code(payload), frames.close_reason(payload)) == (code, "tschüß")

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
    def test_codes_that_may_not(self, code: int) -> None:
        assert read_both_ways(frame(CLOSE, code.to_bytes(2, "big"))) == ([], 1002)

    def test_without_code_is_1005_which_is_answered_without_code(self) -> None:
        assert read_both_ways(frame(CLOSE)) == ([(CLOSE, b"")], None)
        assert (frames.close_code(b""), frames.close_reason(b"")) == (1005, "")
        assert frames.close_frame(1005) == b"\x88\x00"

    def test_is_the_last_event(self) -> None:
        stream = frame(CLOSE) + frame(TEXT, b"late") + b"\xff\xff"
        assert read_both_ways(stream) == ([(CLOSE, b"")], None)

    def test_may_interrupt_a_message(self) -> None:
        stream = frame(TEXT, b"half", fin=False) + frame(CLOSE)
        assert read_both_ways(stream) == ([(CLOSE, b"")], None)

    def test_reason_is_cut_between_characters(self) -> None:
        assert frames.close_frame(4000, "é" * 100) == b"\x88\x7c\x0f\xa0" + "é".encode() * 61


class TestMemory:
    def test_an_idle_reader_costs_a_small_object(self) -> None:
        reader = FrameReader(LIMITS)
        feed_in_pieces(reader)
        assert sys.getsizeof(reader) <= 64
        assert not hasattr(reader, "__dict__")

    def test_a_reader_between_messages_holds_no_buffer(self) -> None:
        readers = [FrameReader(LIMITS) for _ in range(500)]
        feed_in_pieces(FrameReader(LIMITS))  # what is allocated once, on first use, is not counted
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for reader in readers:
                feed_in_pieces(reader)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        # The least buffer there is takes 33 bytes; other threads of the test run allocate a little meanwhile.
        assert (after - before) / len(readers) < 32

    def test_a_slow_message_holds_little_more_than_its_bytes(self) -> None:
        stream = frame(BINARY, bytes(60_000))
        reader = FrameReader(LIMITS)
        tracemalloc.start()
        try:
            for at in range(len(stream) - 1):
                assert list(reader.feed(stream[at : at + 1])) == []
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held < 1.5 * len(stream)


def feed_in_pieces(reader: FrameReader) -> None:
    stream = frame(TEXT, b"x" * 1000, fin=False) + frame(CONTINUATION, b"y" * 1000) + frame(PING, b"z")
    events = [event for at in range(0, len(stream), 100) for event in reader.feed(stream[at : at + 100])]
    assert events == [(TEXT, b"x" * 1000 + b"y" * 1000), (PING, b"z")]


class TestWriting:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            (frames.text_frame(b"hi"), b"\x81\x02hi"),
            (frames.binary_frame(b"\x00" * 126), b"\x82\x7e\x00\x7e" + b"\x00" * 126),
            (frames.frame_header(TEXT, 65_535), b"\x81\x7e\xff\xff"),
            (frames.frame_header(TEXT, 65_536), b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
            (frames.ping_frame(), b"\x89\x00"),
            (frames.pong_frame(b"x"), b"\x8a\x01x"),
            (frames.close_frame(1001, "going"), b"\x88\x07\x03\xe9going"),
            (frames.masked_text_frame(b"Hello", b"\x37\xfa\x21\x3d"), b"\x81\x85\x37\xfa!=\x7f\x9fMQX"),
        ],
    )
    def test_frames(self, written: bytes, expected: bytes) -> None:
        assert written == expected

    def test_a_control_frame_over_125_bytes_is_the_callers_mistake(self) -> None:
        with pytest.raises(ValueError, match="at most 125 bytes, not 126"):
            frames.pong_frame(bytes(126))
