"""What is an envelope and what is not: docs/protocol.md §1 and §2, up to the first request."""

import json

import pytest

from hubbub_conformance import codecs
from hubbub_conformance.conversation import Stage
from hubbub_conformance.profiles import JSON, PROTOBUF, WEBSOCKET

NO_REQUESTS = [
    "",
    "not json",
    "{",
    "[]",
    "42",
    "null",
    '"ping"',
    "{}",
    '{"id": 1}',
    '{"type": "ping"}',
    '{"type": null, "id": 1}',
    '{"type": 7, "id": 1}',
    '{"type": "no_such_request", "id": 1}',
    '{"type": "pong", "id": 1}',
    '{"type": "message", "id": 1}',
    '{"type": "ping", "id": -1}',
    '{"type": "ping", "id": 4294967296}',
    '{"type": "ping", "id": 1.5}',
    '{"type": "ping", "id": "1"}',
    '{"type": "ping", "id": true}',
    '{"type": "ping", "id": null}',
    '{"type": "ping", "id": 1} trailing',
    '{"type": "ping", "id": 1,}',
    "[" * 10_000,
]


@JSON
@pytest.mark.parametrize("text", NO_REQUESTS, ids=lambda text: text[:40] or "empty")
async def test_what_is_no_request_is_bad_without_an_id(stage: Stage, text: str) -> None:
    [alice] = await stage.people("alice")
    await alice.sends(text)
    await alice.hears("error", code="bad_request")
    await alice.asks("ping")


MALFORMED = [
    {"type": "ping", "surprise": 1},
    {"type": "history"},
    {"type": "history", "chat": 7},
    {"type": "history", "chat": "r", "limit": 0},
    {"type": "history", "chat": "r", "limit": 301},
    {"type": "history", "chat": "r", "limit": True},
    {"type": "history", "chat": "r", "before": -1},
    {"type": "send", "msg_type": "group", "to": "r", "content": "no msg_id"},
    {"type": "send", "msg_type": "crowd", "to": "r", "content": "x", "msg_id": "1"},
    {"type": "send", "msg_type": "group", "to": "r", "content": None, "msg_id": "1"},
    {"type": "edit", "chat": "r", "seq": 0, "content": "x"},
    {"type": "react", "chat": "r", "seq": 1, "emoji": "x", "on": "yes"},
    {"type": "set_role", "chat": "r", "user": "bob", "role": "emperor"},
    {"type": "mute", "chat": "r", "user": "bob", "until": -1},
    {"type": "profile", "users": ["bob"] * 201},
    {"type": "presence", "users": ["bob"] * 201},
    {"type": "profile", "users": "bob"},
    {"type": "ping", "traceparent": 7},
    {"type": "read", "chat": "r", "seq": 1, "msg_id": "x" * 65},
]


@JSON
@pytest.mark.parametrize("request_", MALFORMED, ids=json.dumps)
async def test_a_malformed_request_is_refused_under_its_id(stage: Stage, request_: dict[str, object]) -> None:
    [alice] = await stage.people("alice")
    await alice.sends(request_ | {"id": 4_294_967_295})
    reply = await alice.answer(4_294_967_295)
    assert (reply["type"], reply["code"]) == ("error", "bad_request")
    await alice.asks("ping")
    await alice.hears_nothing()


def sayable(envelope: dict[str, object]) -> bool:
    """Whether Protobuf has bytes for it: its types leave less to be wrong."""
    try:
        return codecs.from_message(codecs.to_message("ClientEnvelope", envelope)) == envelope
    except (TypeError, ValueError):
        return False


@PROTOBUF
@pytest.mark.parametrize("request_", [each for each in MALFORMED if sayable(each)], ids=json.dumps)
async def test_in_protobuf_too(stage: Stage, request_: dict[str, object]) -> None:
    [alice] = await stage.people("alice")
    await alice.sends(request_ | {"id": 4_294_967_295})
    reply = await alice.answer(4_294_967_295)
    assert (reply["type"], reply["code"]) == ("error", "bad_request")
    await alice.asks("ping")


NO_MESSAGES = {
    "nothing": b"",
    "no request": b"\x08\x01",
    "no id": codecs.PROTOBUF.encode({"type": "ping"}),
    "cut off": codecs.PROTOBUF.encode({"type": "history", "id": 1, "chat": "r"})[:-1],
    "an unknown request": b"\x08\x01\x9a\x06\x00",
    "no Protobuf": b"\xff\xff",
    "JSON": b'{"type":"ping","id":1}',
    "a pong with an id": codecs.PROTOBUF.encode({"type": "pong", "id": 1}),
}


@PROTOBUF
@pytest.mark.parametrize("envelope", NO_MESSAGES.values(), ids=NO_MESSAGES)
async def test_what_is_no_message_is_bad_without_an_id(stage: Stage, envelope: bytes) -> None:
    [alice] = await stage.people("alice")
    await alice.socket.send_payload(envelope)
    await alice.hears("error", code="bad_request")
    await alice.asks("ping")


@PROTOBUF
@pytest.mark.parametrize("at", ["beside the request", "within it"])
async def test_unknown_fields_are_bad_in_protobuf_too(stage: Stage, at: str) -> None:
    [alice] = await stage.people("alice")
    beside, within = b"\x08\x07\x5a\x00\x98\x06\x01", b"\x08\x07\x5a\x03\x98\x06\x01"
    await alice.socket.send_payload(beside if at == "beside the request" else within)
    assert (await alice.answer(7))["code"] == "bad_request"


@PROTOBUF
async def test_strings_in_protobuf_hold_no_nul_and_are_utf8(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.is_refused("bad_request", "create_room", name="before\0after")
    await alice.is_refused("bad_request", "profile", users=["\0"])
    await alice.socket.send_payload(b"\x08\x07\x92\x01\x04\x0a\x02\xc3\x28")
    assert (await alice.answer(7))["code"] == "bad_request"
    await alice.hears_nothing()


async def test_ids_are_unsigned_and_32_bits_wide(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    for number in (0, 4_294_967_295):
        await alice.sends({"type": "ping", "id": number})
        assert await alice.answer(number) == {"type": "pong", "id": number}


async def test_every_request_may_carry_a_traceparent(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    room = (await alice.asks("create_room", name="Traced", traceparent=trace))["chat"]
    await alice.asks("send", msg_type="group", to=room, content="x", msg_id="1", traceparent=trace)
    await alice.says("typing", chat=room, on=True, traceparent=trace)
    await alice.asks("ping", traceparent=trace)


NO_TEXT = ["\\u0000", "before\\u0000after", "\\ud800", "\\udc00", "\\udc00\\ud800", "\\ud83dx", "\\ud83d"]


@JSON
@pytest.mark.parametrize("text", NO_TEXT)
async def test_strings_hold_no_nul_and_no_lone_surrogate(stage: Stage, text: str) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    for envelope in (
        f'{{"type":"send","id":7,"msg_type":"group","to":"{room}","content":"{text}","msg_id":"1"}}',
        f'{{"type":"send","id":7,"msg_type":"group","to":"{room}","content":"x","msg_id":"{text}"}}',
        f'{{"type":"create_room","id":7,"name":"{text}"}}',
        f'{{"type":"profile","id":7,"users":["{text}"]}}',
    ):
        await alice.sends(envelope)
        refusal = await alice.next()
        assert (refusal["type"], refusal["code"]) == ("error", "bad_request"), envelope
    await alice.hears_nothing()


@JSON
@pytest.mark.parametrize("field", ['"device":"\\u0000"', '"cursors":{"\\u0000":1}', '"token":"\\ud800"'])
async def test_hello_is_held_to_the_same(stage: Stage, field: str) -> None:
    connection = await (await stage.signs_up("alice")).opens()
    await connection.sends(f'{{"type":"hello","id":7,{field}}}')
    assert (await connection.next())["code"] == "bad_request"


@JSON
async def test_a_raw_nul_is_no_json(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.sends('{"type":"create_room","id":7,"name":"\0"}')
    assert (await alice.next())["code"] == "bad_request"


@JSON
async def test_a_surrogate_pair_is_one_character(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.sends('{"type":"create_room","id":7,"name":"\\ud83d\\ude00"}')
    assert (await alice.answer(7))["name"] == "😀"


async def test_other_control_characters_are_text(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    room = await stage.room(alice)
    content = "\t\n\r\x01\x7f\u202e\ufeff\uffff"
    await alice.asks("send", msg_type="group", to=room, content=content, msg_id="1")
    await alice.hears("message", content=content)


@WEBSOCKET
async def test_fragments_are_one_envelope_and_control_frames_may_interleave(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    whole = '{"type":"ping","id":99}'
    await alice.socket.send(whole[:5], fin=False)
    await alice.socket.ping(b"between")
    await alice.socket.continue_with(whole[5:9].encode(), fin=False)
    await alice.socket.continue_with(whole[9:].encode(), fin=True)
    assert bytes((await alice.socket.receive()).data) == b"between"
    await alice.answer(99)


def padded(size: int) -> str:
    envelope = '{"type":"ping","id":5,"traceparent":""}'
    return envelope[:-2] + "x" * (size - len(envelope)) + '"}'


@WEBSOCKET
async def test_an_envelope_of_128_kib_is_read_and_a_larger_one_closes(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.sends(padded(131_072))
    await alice.answer(5)
    await alice.sends(padded(131_073))
    await alice.is_closed(1009)


@WEBSOCKET
async def test_fragments_together_are_held_to_the_same_size(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.socket.send("x" * 100_000, fin=False)
    await alice.socket.continue_with(b"x" * 31_073, fin=True)
    await alice.is_closed(1009)


@pytest.mark.wires("websocket+json", "websocket+protobuf")
async def test_frames_of_the_other_kind_are_of_another_codec(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.socket.send("text" if alice.wire.codec is codecs.PROTOBUF else b'{"type":"ping","id":1}')
    await alice.is_closed(1003)


@WEBSOCKET
async def test_text_must_be_utf8(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.socket.send_text_bytes(b'{"type":"ping","id":1,"traceparent":"\xff"}')
    await alice.is_closed(1007)


@WEBSOCKET
@pytest.mark.parametrize(
    "frame",
    [b"\x81\x02hi", b"\xf1\x80\x00\x00\x00\x00", b"\x83\x80\x00\x00\x00\x00", b"\x09\x80\x00\x00\x00\x00"],
    ids=["unmasked", "reserved bits", "unknown opcode", "fragmented ping"],
)
async def test_what_breaks_rfc_6455_closes(stage: Stage, frame: bytes) -> None:
    [alice] = await stage.people("alice")
    await alice.socket.send_bytes(frame)
    await alice.is_closed(1002)


async def test_a_client_may_say_goodbye(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.leaves()
