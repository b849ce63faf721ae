"""The frame reader on generated streams: against what was sent, and against `websockets`, a second implementation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Protocol, Side

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

untimed = settings(deadline=None)  # a busy machine is no failure
LIMITS = FrameLimits(max_message_bytes=2000, max_fragments=100)
Outcome = tuple[list[Event], int | None]
"""The data and control events, and the code of the close frame a server then sends, if any."""


@dataclass(frozen=True)
class Sent:
    """A stream, what it means, and whether a message is unfinished at its end."""

    stream: bytes
    events: list[Event]


masks = st.binary(min_size=4, max_size=4)
controls = st.lists(st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125)), max_size=2)
messages = st.one_of(
    st.tuples(st.just(TEXT), st.text(max_size=300).map(str.encode)),
    st.tuples(st.just(BINARY), st.binary(max_size=300)),
)
close_codes = st.sampled_from([1000, 1001, 1003, 1011, 3000, 4999])
closes = st.one_of(
    st.just(b""),
    st.builds(
        lambda code, reason: code.to_bytes(2, "big") + reason.encode(), close_codes, st.text(max_size=30)
    ),
)


@st.composite
def sent_messages(draw: st.DrawFn) -> Sent:
    """Messages cut at random places, with control frames at random places."""
    stream, events = b"", []
    for message in draw(st.lists(messages, max_size=4)):
        opcode, payload = message
        cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
        starts, ends = [0, *cuts], [*cuts, len(payload)]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            for control in draw(controls):
                stream += masked_frame(*control, draw(masks))
                events.append(control)
            first, last = number == 0, number == len(cuts)
            stream += masked_frame(
                opcode if first else CONTINUATION, payload[start:end], draw(masks), fin=last
            )
        events.append(message)
    return Sent(stream, events)


@st.composite
def faults(draw: st.DrawFn) -> bytes:
    """A whole frame that no server may accept between two messages."""
    mask, payload = draw(masks), draw(st.binary(max_size=125))
    good = masked_frame(BINARY, payload, mask)
    code = draw(st.sampled_from([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535]))
    return draw(
        st.sampled_from(
            [
                *(bytes((good[0] | reserved,)) + good[1:] for reserved in (0x10, 0x20, 0x40, 0x70)),
                *(masked_frame(opcode, payload, mask) for opcode in (0x3, 0x7, 0xB, 0xF)),
                frames.binary_frame(payload),
                masked_frame(PING, payload, mask, fin=False),
                masked_frame(PING, bytes(126), mask),
                masked_frame(CONTINUATION, payload, mask),
                masked_frame(BINARY, payload, mask, fin=False) + masked_frame(TEXT, b"", mask),
                masked_frame(BINARY, bytes(2001), mask),
                masked_frame(BINARY, bytes(1001), mask, fin=False)
                + masked_frame(CONTINUATION, bytes(1000), mask),
                masked_frame(TEXT, payload + b"\xff", mask),
                masked_frame(TEXT, payload + b"\xc3", mask),
                masked_frame(CLOSE, b"\x03", mask),
                masked_frame(CLOSE, code.to_bytes(2, "big"), mask),
                masked_frame(CLOSE, b"\x03\xe8\xff", mask),
            ]
        )
    )


@st.composite
def chunks_of(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def ours(chunks: list[bytes]) -> Outcome:
    reader = FrameReader(LIMITS)
    events: list[Event] = []
    try:
        for chunk in chunks:
            events.extend(reader.feed(chunk))
    except ProtocolViolation as violation:
        return events, violation.code
    closed = bool(events) and events[-1][0] == CLOSE
    return events, frames.close_code(events[-1][1]) if closed else None


def theirs(chunks: list[bytes]) -> Outcome:
    """`websockets` leaves it to its caller to put messages together and to decode text."""
    protocol = Protocol(Side.SERVER, max_size=LIMITS.max_message_bytes)
    for chunk in chunks:
        protocol.receive_data(chunk)
    events: list[Event] = []
    try:
        events.extend(assembled(protocol.events_received()))
    except UnicodeDecodeError:
        return events, 1007
    return events, protocol.close_sent.code if protocol.close_sent else None


def assembled(received: Iterable[object]) -> Iterator[Event]:
    opcode, body = Opcode.CONT, b""
    for frame in received:
        assert isinstance(frame, Frame)
        if frame.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE):
            yield int(frame.opcode), bytes(frame.data)
            continue
        opcode, body = frame.opcode or opcode, body + frame.data
        if frame.fin:
            if opcode == Opcode.TEXT:
                body.decode()
            yield int(opcode), body
            body = b""


@untimed
@given(st.data(), sent_messages())
def test_what_is_sent_is_read_however_it_is_cut(data: st.DataObject, sent: Sent) -> None:
    assert ours(data.draw(chunks_of(sent.stream))) == (sent.events, None)


@untimed
@given(sent_messages())
def test_byte_by_byte_is_as_good_as_whole(sent: Sent) -> None:
    assert ours([sent.stream[at : at + 1] for at in range(len(sent.stream))]) == ours([sent.stream])


@untimed
@given(st.data(), sent_messages(), closes, masks)
def test_valid_streams_mean_the_same_to_websockets(
    data: st.DataObject, sent: Sent, close: bytes, mask: bytes
) -> None:
    stream = sent.stream + masked_frame(CLOSE, close, mask) + data.draw(st.binary(max_size=20))
    chunks = data.draw(chunks_of(stream))
    assert ours(chunks) == theirs(chunks)
    assert ours(chunks)[0] == [*sent.events, (CLOSE, close)]


@untimed
@given(st.data(), sent_messages(), faults())
def test_invalid_streams_end_with_the_code_of_websockets(
    data: st.DataObject, sent: Sent, fault: bytes
) -> None:
    chunks = data.draw(chunks_of(sent.stream + fault))
    events, code = ours(chunks)
    assert (events, code) == theirs(chunks)
    assert events == sent.events
    assert code in (1002, 1007, 1009)


@untimed
@given(st.data(), sent_messages(), faults())
def test_the_cut_does_not_change_a_violation(data: st.DataObject, sent: Sent, fault: bytes) -> None:
    stream = sent.stream + fault
    assert ours(data.draw(chunks_of(stream))) == ours([stream])


@untimed
@given(messages)
def test_frames_are_those_of_websockets(message: Event) -> None:
    opcode, payload = message
    written = {TEXT: frames.text_frame, BINARY: frames.binary_frame}[opcode](payload)
    assert written == Frame(Opcode(opcode), payload).serialize(mask=False)


@untimed
@given(close_codes, st.text(max_size=30))
def test_close_frames_are_those_of_websockets(code: int, reason: str) -> None:
    assert frames.close_frame(code, reason) == Frame(Opcode.CLOSE, Close(code, reason).serialize()).serialize(
        mask=False
    )
