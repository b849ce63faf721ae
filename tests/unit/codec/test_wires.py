from hubbub.codec.json import encode
from hubbub.codec.websocket_frames import TEXT, FrameLimits, FrameReader, masked_frame
from hubbub.codec.wires import WEBSOCKET_JSON
from hubbub.model.replies import Ok, Pong


def payload_of(frame: bytes) -> bytes:
    """Short unmasked frames only."""
    assert frame[0] == 0x80 | TEXT
    assert frame[1] == len(frame) - 2 < 126
    return frame[2:]


def test_an_envelope_is_one_text_frame() -> None:
    assert payload_of(WEBSOCKET_JSON.frame(Pong(id=1))) == encode(Pong(id=1))


def test_several_envelopes_are_joined_in_their_order() -> None:
    envelopes = [Ok(id=1), Pong(id=2), Ok(id=3)]
    assert WEBSOCKET_JSON.frames(envelopes) == b"".join(map(WEBSOCKET_JSON.frame, envelopes))
    assert WEBSOCKET_JSON.frames([]) == b""


def test_what_we_send_a_reader_of_our_own_would_understand() -> None:
    payload = encode(Ok(id=1))
    reader = FrameReader(FrameLimits())
    assert list(reader.feed(masked_frame(TEXT, payload, b"mask"))) == [(TEXT, payload)]
