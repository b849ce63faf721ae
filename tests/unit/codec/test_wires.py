"""Every combination of transport and codec; and what many connections share."""

import pytest

from hubbub.codec import data_frame, json, protobuf, wires
from hubbub.codec.websocket_frames import BINARY, TEXT
from hubbub.codec.wires import Codec, Encoded, Wire
from hubbub.model.replies import Ok, Pong
from hubbub_conformance import codecs

WEBSOCKET = [(wires.WEBSOCKET_JSON, TEXT, codecs.JSON), (wires.WEBSOCKET_PROTOBUF, BINARY, codecs.PROTOBUF)]
TCP = [(wires.TCP_JSON, 0, codecs.JSON), (wires.TCP_PROTOBUF, 1, codecs.PROTOBUF)]
ALL = [*WEBSOCKET, *TCP]


@pytest.mark.parametrize(("kind", "opcode", "client"), WEBSOCKET, ids=lambda each: getattr(each, "name", ""))
def test_over_websocket_an_envelope_is_one_frame_of_its_codec_s_kind(
    kind: Wire, opcode: int, client: codecs.Codec
) -> None:
    frame = kind.frame(Pong(id=1))
    assert frame[0] == 0x80 | opcode
    assert frame[1] == len(frame) - 2 < 126
    assert client.decode(frame[2:]) == {"type": "pong", "id": 1}


@pytest.mark.parametrize(("kind", "number", "client"), TCP, ids=lambda each: getattr(each, "name", ""))
def test_over_tcp_it_is_one_data_frame_that_names_its_codec(
    kind: Wire, number: int, client: codecs.Codec
) -> None:
    reader = data_frame.DataFrameReader(1_000)
    frame = kind.frame(Pong(id=1))
    [payload] = reader.feed(frame, len(frame))
    assert reader.codec == number
    assert client.decode(payload) == {"type": "pong", "id": 1}


@pytest.mark.parametrize("kind", [wire for wire, _, _ in ALL], ids=lambda each: each.name)
def test_several_envelopes_are_joined_in_their_order(kind: Wire) -> None:
    envelopes = [Ok(id=1), Pong(id=2), Ok(id=3)]
    joined = b"".join(map(kind.frame, envelopes))
    assert kind.frames(envelopes) == Encoded(envelopes).on(kind) == joined
    assert kind.frames([]) == Encoded([]).on(kind) == b""
    assert Encoded(envelopes).but(kind, 1) == kind.frame(Ok(id=1)) + kind.frame(Ok(id=3))
    assert Encoded([Ok(id=1)]).but(kind, 0) == b""


def test_what_many_connections_hear_is_encoded_once_per_codec_and_wrapped_once_per_wire() -> None:
    encoded: list[object] = []

    def encode(envelope: object) -> bytes:
        encoded.append(envelope)
        return json.encode(envelope)

    codec = Codec("counting", encode, json.decode, json.is_pong)
    one, other = Wire("one", codec, b"1".__add__), Wire("other", codec, b"2".__add__)
    envelopes = [Ok(id=1), Pong(id=2)]
    shared = Encoded(envelopes)
    assert shared.on(one) is shared.on(one)
    assert shared.on(other) != shared.on(one)
    assert encoded == envelopes
    assert shared.on(wires.TCP_PROTOBUF) == b"".join(
        data_frame.frame(data_frame.PROTOBUF, protobuf.encode(each)) for each in envelopes
    )
